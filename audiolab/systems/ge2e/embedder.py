"""Embeddings of voices by a trained speaker encoder: of audio and of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from audiolab.config import from_dict
from audiolab.data.heard import mel_of
from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.nn.speaker_encoder import SpeakerEncoder
from audiolab.training.export import loaded

_BATCH = 64
"""Windows that are in memory at a time."""


class Embedder:
    """A trained speaker encoder.

    It hears windows of as many frames as it was trained on, half overlapping at least, that cover all of an utterance;
    one that is shorter is heard as it is. The utterance's embedding is the windows' mean, of length 1.

    Attributes:
        rate: Rate in Hz at which it works.
        analysis: How features are made.
        size: Values of an embedding.
        device: Where it runs.
    """

    def __init__(
        self,
        encoder: SpeakerEncoder,
        state: dict[str, Any],
        analysis: dict[str, Any],
        window: int,
        device: torch.device,
    ) -> None:
        self.analysis = from_dict(LogMelConfig, analysis, source="the model's analysis")
        self.rate, self.device, self.size = self.analysis.rate, device, encoder.projection.out_features
        self._encoder, self._window = loaded(encoder, state, device), window
        self._mel = LogMel(self.analysis)

    def embed(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return the embedding of audio, float32 [size], of length 1; the same for the same audio.

        Args:
            wave: Floats [N] with full scale ±1.
            rate: Their rate in Hz; it is resampled to the model's.

        Raises:
            AudiolabError: As `audiolab.data.heard.mel_of`.
        """
        return self.embed_features(mel_of(wave, rate, self._mel))

    def embed_features(self, mel: np.ndarray) -> np.ndarray:
        """Return the embedding of a mel spectrogram [T, bands], float32 [size], of length 1; raises as `embed_all`."""
        return self.embed_all([mel])[0]

    def embed_all(self, mels: Sequence[np.ndarray]) -> np.ndarray:
        """Return the embeddings of mel spectrograms [T, bands], T ≥ 1, float32 [len(mels), size], of length 1.

        Raises:
            AudiolabError: One has no frame, is of another shape, or holds NaN.
        """
        sums = np.zeros((len(mels), self.size))
        windows = [(number, window) for number, mel in enumerate(mels) for window in self._windows(mel)]
        windows.sort(key=lambda pair: len(pair[1]))  # those of one length can be heard together
        while windows:
            length = len(windows[0][1])
            count = sum(len(window) == length for _, window in windows[:_BATCH])
            heard, windows = windows[:count], windows[count:]
            found = self._embedded(np.stack([window for _, window in heard]))
            np.add.at(sums, [number for number, _ in heard], found)
        return (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)

    def _windows(self, mel: np.ndarray) -> list[np.ndarray]:
        """Return the windows of a mel spectrogram, spread evenly from its first frame to its last."""
        bands = self._encoder.recurrent.input_size
        if np.ndim(mel) != 2 or not len(mel) or mel.shape[1] != bands or not np.isfinite(mel).all():
            raise AudiolabError(
                f"features of shape {np.shape(mel)}: give finite ones [frames, {bands}], a frame or more"
            )
        beyond = max(0, len(mel) - self._window)
        count = 1 + -(-beyond // max(1, self._window // 2))
        starts = np.linspace(0, beyond, count).round().astype(int)
        return [np.asarray(mel[start : start + self._window], np.float32) for start in starts]

    @torch.no_grad()
    def _embedded(self, mel: np.ndarray) -> np.ndarray:
        """Return embeddings [B, size] of windows [B, T, bands]."""
        return self._encoder(torch.from_numpy(mel).to(self.device)).cpu().numpy()
