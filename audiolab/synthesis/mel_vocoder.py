"""What makes audio of mel spectrograms: one way to call it, for spectrograms of any length, in bounded memory.

Frame ``t`` is centred on sample ``t · hop``, so T frames reach from sample 0 to sample ``(T - 1) · hop``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.synthesis.long_audio import Pieces, in_pieces

Make = Callable[[np.ndarray, int], np.ndarray]
"""Makes audio [n · hop, B] of a piece of B spectrograms [n, B, n_mels] and the number of its first frame. The audio
begins half a hop before the first frame's centre."""


class MelVocoder(ABC):
    """A way from mel spectrograms to audio.

    Args:
        analysis: How the spectrograms are made.
        pieces: How long ones are cut, in frames.

    Attributes:
        rate: Of the audio, in Hz.
        analysis: As given.
    """

    def __init__(self, analysis: LogMelConfig, pieces: Pieces) -> None:
        self.analysis, self.rate, self._pieces = analysis, analysis.rate, pieces

    @abstractmethod
    def begin(self) -> Make:
        """Return what makes audio of the pieces of spectrograms, given in order; a new one for others."""

    def synthesise(self, mel: np.ndarray) -> np.ndarray:
        """Return the audio of a mel spectrogram, full scale ±1, at `rate`; the same spectrogram gives the same audio.

        Args:
            mel: [T, n_mels], or several of one length, [B, T, n_mels]; levels in 0 … 1, what lies outside is clipped.

        Returns:
            float32 [N] or [B, N], N = (T - 1) · hop.

        Raises:
            AudiolabError: It has another shape, no frame, or values that are not finite.
        """
        mel = np.asarray(mel, np.float32)
        if mel.ndim not in (2, 3):
            raise AudiolabError(f"a mel spectrogram of shape {mel.shape}: give [T, n_mels] or [B, T, n_mels]")
        if not mel.size:
            raise AudiolabError(f"a mel spectrogram of shape {mel.shape}, which has no frame: give one or more")
        frames = mel[:, None] if mel.ndim == 2 else mel.swapaxes(0, 1)
        made = np.concatenate([np.zeros((0, frames.shape[1]), np.float32), *self._stream([frames])]).T
        return np.ascontiguousarray(made[0] if mel.ndim == 2 else made)

    def stream(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the audio of mel spectrograms that come in blocks: float32 [n] of blocks [n, n_mels], as `synthesise`.

        Several, such as those of channels, are blocks [n, B, n_mels], and their audio [n, B].

        Raises:
            AudiolabError: As `synthesise`.
        """
        several = False

        def wide() -> Iterator[np.ndarray]:
            nonlocal several
            for block in blocks:
                several = np.ndim(block) == 3
                yield np.asarray(block, np.float32) if several else np.asarray(block, np.float32)[:, None]

        for made in self._stream(wide()):
            yield made if several else made[:, 0]

    def _stream(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield audio [n, B] of blocks [n, B, n_mels]."""
        hop = self.analysis.hop
        made = in_pieces(map(self._checked, blocks), self.begin(), self._pieces)
        return _without_ends(made, hop // 2, hop - hop // 2)

    def _checked(self, block: np.ndarray) -> np.ndarray:
        if block.shape[-1] != self.analysis.n_mels:
            raise AudiolabError(f"a mel spectrogram of {block.shape[-1]} bands, not {self.analysis.n_mels}")
        if not np.isfinite(block).all():
            raise AudiolabError("a mel spectrogram with NaN or infinite values; look at what made it")
        return block


def _without_ends(blocks: Iterable[np.ndarray], before: int, after: int) -> Iterator[np.ndarray]:
    """Yield blocks [n, …] without the first ``before`` and the last ``after`` samples of them all."""
    held = None
    for block in blocks:
        block, before = block[before:], before - min(before, len(block))
        held = block if held is None else np.concatenate([held, block])
        ready = max(0, len(held) - after)
        if ready:
            yield held[:ready]
            held = held[ready:]
