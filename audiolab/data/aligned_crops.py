"""Crops of mel spectrograms with the audio that they are of: what a vocoder is trained on.

Spectrograms are read as they are stored, not made of the crop: so a crop's first and last frame know what lies around
them, as in the spectrogram of a whole utterance, and what a converter makes can be trained on in the same way. The
audio comes from the recordings, through the high-pass of the analysis, for what that takes away is in no spectrogram.
"""

from __future__ import annotations

import dataclasses
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.audio import excerpt_of, open_utterance, span_of
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.shared import Shared
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError
from audiolab.features.kinds import of_kind
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig

logger = logging.getLogger(__name__)

_MARGIN_S = 0.25
"""Around a crop, for the high-pass: what begins there has died away to -120 dB with the default one of 30 Hz."""


@dataclass
class AlignedCropsConfig:
    """Where spectrograms and recordings are, and how long a crop is."""

    train_dir: str = option(help="folder with feats.scp and features.yaml of kind mel, and utt2spk")
    audio_dir: str = option(help="data dir that these features were made of")
    samples: int = option(8192, "length of a crop, a multiple of the features' hop", "samples")
    held_out: int = option(1, "last utterances of each speaker that are kept for validation, not trained on")

    def __post_init__(self) -> None:
        if self.samples < 1 or self.held_out < 1:
            raise ValueError("samples and held_out must be at least 1")


class AlignedCrops(SystemDataset):
    """Crops of mel spectrograms and audio, of the utterances that are long enough; the others are counted in the log.

    Training: an item is an utterance, of which a crop is drawn anew for each epoch. Held out: the crop in the middle.

    A crop's audio begins half a hop before the centre of its first frame, so that it has a hop around each centre.

    Attributes:
        analysis: How the spectrograms were made.
        utterances: The numbers of the set's utterances, as of `FeatureDir`.
    """

    def __init__(self, config: AlignedCropsConfig, held_out: bool) -> None:
        self.samples, self.held_out = config.samples, held_out
        self.features = FeatureDir(config.train_dir)
        self.analysis = of_kind(self.features.config, LogMelConfig, config.train_dir)
        hop = self.analysis.hop
        if config.samples % hop:
            raise AudiolabError(f"data_conf.samples is {config.samples}: give a multiple of the features' hop, {hop}")
        self.frames = config.samples // hop
        self._audio = DataDir(config.audio_dir)
        lost = sorted(set(self.features.utterances) - set(self._audio.utterances))
        if lost:
            raise AudiolabError(
                f"{config.audio_dir}: no utterance '{lost[0]}', which is in {config.train_dir}: give the data dir that "
                "the features were made of"
            )
        self._numbers = Shared([self._chosen(config)])
        self._highpass = LogMel(dataclasses.replace(self.analysis, gain=1.0, dither=0.0))

    @property
    def utterances(self) -> np.ndarray:
        return self._numbers.arrays[0]

    def __len__(self) -> int:
        return len(self.utterances)

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        """Return ``mel`` [frames, n_mels] and ``wave`` [samples], float32, and ``utt``."""
        generator, number = key.generator(), int(self.utterances[key.index])
        starts = int(self.features.lengths[number]) - self.frames - 1  # from 1 on: a crop has all of its samples
        start = 1 + ((starts - 1) // 2 if self.held_out else int(generator.integers(starts)))
        return {
            "utt": self.features.utterances[number],
            "mel": self.features.read(number, start, start + self.frames),
            "wave": self._wave(number, start * self.analysis.hop - self.analysis.hop // 2, generator),
        }

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Stack samples to ``mel`` [B, frames, n_mels] and ``wave`` [B, samples]."""
        batch: Batch = {name: torch.from_numpy(np.stack([each[name] for each in samples])) for name in ("mel", "wave")}
        return batch | {"utts": [sample["utt"] for sample in samples]}

    def fingerprint(self) -> str:
        """Return the crops' length and a hash of the features (`FeatureDir.fingerprint`), which the audio follows."""
        return f"{self.samples} samples of {len(self)}, SHA-256 {self.features.fingerprint(self.utterances)[:16]}"

    def _chosen(self, config: AlignedCropsConfig) -> np.ndarray:
        """Return the numbers of the utterances of this set."""
        long = np.flatnonzero(self.features.lengths >= self.frames + 2)
        of_each = [long[self.features.speaker_of[long] == place] for place in range(len(self.features.speakers))]
        parts = [each[-config.held_out :] if self.held_out else each[: -config.held_out] for each in of_each]
        chosen = np.concatenate(
            [part for part, each in zip(parts, of_each) if len(each) > config.held_out] or [long[:0]]
        )
        if not len(chosen):
            raise AudiolabError(
                f"{config.train_dir}: no speaker has more than {config.held_out} utterances of {self.frames + 2} "
                "frames or more: give more or longer ones, or lower data_conf.samples"
            )
        short = len(self.features) - len(long)
        if short and not self.held_out:
            logger.info("%d of %d utterances are too short for a crop and left out", short, len(self.features))
        return np.sort(chosen)

    def _wave(self, number: int, begin: int, generator: np.random.Generator) -> np.ndarray:
        """Return the samples of a crop, from its first one in the utterance."""
        name, rate = self.features.utterances[number], self.analysis.rate
        margin = round(_MARGIN_S * rate)
        with open_utterance(self._audio, name) as recording:
            first, length = span_of(self._audio, name, recording, rate)
            frames = int(self.features.lengths[number])
            if self.analysis.frames(length) != frames:
                raise AudiolabError(
                    f"{recording.where}: {length} samples at {rate} Hz, but {frames} frames in {self.features.folder}: "
                    "make the features again of this data dir"
                )
            low, high = max(0, begin - margin), min(length, begin + self.samples + margin)
            around = excerpt_of(recording, rate, first + low, high - low, "mix")
        return self._highpass.prepared(around, generator)[begin - low :][: self.samples].astype(np.float32)
