"""Crops of two speakers' features, drawn independently of each other: training on speech that is not parallel."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.feature_dir import FeatureDir
from audiolab.data.speakers import SpeakerStatistics, read_range, statistics_of
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.shared import Shared
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.f0 import speaker_f0_range
from audiolab.features.kinds import of_kind

logger = logging.getLogger(__name__)

_PAIRS = 0x9A125
"""Tells the draw of pairs from the other draws of a run's seed."""


@dataclass
class UnpairedCropsConfig:
    """Where the features are, and which two speakers."""

    train_dir: str = option(help="folder with feats.scp, f0.scp, utt2spk, spk2f0 and features.yaml (stage 1)")
    source: str = option(help="speaker X")
    target: str = option(help="speaker Y")
    frames: int = option(128, "length of a crop", "frames")
    held_out: int = option(1, "last utterances of each speaker that are kept for validation, not trained on")
    unshared: bool = option(
        False,
        "of the sentences that both speakers read (what stands behind the last _ of an id), X keeps every other one "
        "and Y the rest, so that training is not parallel",
    )

    def __post_init__(self) -> None:
        if self.frames < 1 or self.held_out < 1:
            raise ValueError("frames and held_out must be at least 1")
        if self.source == self.target:
            raise ValueError(f"source and target are the same speaker, {self.source}")


class UnpairedCrops(SystemDataset):
    """Crops of X and Y, (bands, frames) as they are stored, and standard normal noise of their shape.

    Training: an epoch has as many items as the speaker with more utterances has of them, and draws all utterances of
    a speaker equally often, but for one where the number does not come out even; these change from epoch to epoch. Of
    which two utterances an item has crops is drawn anew for each epoch. Held out: crops side by side, without
    randomness. Utterances shorter than a crop are left out, and counted in the log.

    Features of any kind will do; `analysis` and what stands on it, `source` and `target`, want envelopes.

    Attributes:
        features: The folder of features, of which crops are read as they are asked for.
        bands: Their number of mel bands, or whatever a frame has.
    """

    def __init__(self, config: UnpairedCropsConfig, held_out: bool) -> None:
        self.frames = config.frames
        self.held_out = held_out
        self.features = FeatureDir(config.train_dir)
        self.bands = self.features.width
        self.speakers = config.source, config.target
        numbers = [self.features.of_speaker(speaker) for speaker in self.speakers]
        if config.unshared:
            numbers = self._without_shared(*numbers)
        self._numbers = Shared(
            [self._kept(speaker, each, config.held_out) for speaker, each in zip(self.speakers, numbers)]
        )

    @property
    def utterances(self) -> tuple[np.ndarray, np.ndarray]:
        """The numbers of X's and of Y's utterances, as of `features`, of which there are crops."""
        return self._numbers.arrays

    @property
    def analysis(self) -> EnvelopeConfig:
        """How the envelopes were made; `AudiolabError` for features of another kind."""
        return of_kind(self.features.config, EnvelopeConfig, self.features.folder)

    @functools.cached_property
    def highest(self) -> tuple[float, ...]:
        """The highest value of each speaker's utterances."""
        return tuple(
            max(float(feats.max()) for feats in self.features.matrices(numbers)) for numbers in self.utterances
        )

    @functools.cached_property
    def source(self) -> SpeakerStatistics:
        """Statistics of speaker X over the utterances of this set, and no others."""
        return self._statistics(0)

    @functools.cached_property
    def target(self) -> SpeakerStatistics:
        """Statistics of speaker Y over the utterances of this set, and no others."""
        return self._statistics(1)

    def _statistics(self, which: int) -> SpeakerStatistics:
        """Return a speaker's; the order of the envelope alone is that of the features, from all utterances in them."""
        analysis, folder = self.analysis, self.features.folder
        speaker, numbers = self.speakers[which], self.utterances[which]
        f0 = MatrixTable(folder / "f0.scp")
        contours = (f0[self.features.utterances[number]] for number in numbers)
        median = speaker_f0_range(contours, f"{folder}: speaker '{speaker}'").median
        ceiling = read_range(folder, speaker).ceiling
        return statistics_of(speaker, self.features.matrices(numbers), median, ceiling, analysis, str(folder))

    def _without_shared(self, *numbers: np.ndarray) -> list[np.ndarray]:
        """Return both speakers' utterances without a sentence in common."""
        names = [[self.features.utterances[number] for number in each] for each in numbers]
        kept = map(set, without_shared_sentences(*names))
        return [
            np.array([number for number, name in zip(each, of_each) if name in left], dtype=np.int64)
            for each, of_each, left in zip(numbers, names, kept)
        ]

    def _kept(self, speaker: str, numbers: np.ndarray, held_out: int) -> np.ndarray:
        long = numbers[self.features.lengths[numbers] >= self.frames]
        if len(long) <= held_out:
            raise AudiolabError(
                f"{self.features.folder}: speaker {speaker} has {len(long)} utterances of {self.frames} frames or "
                f"more; {held_out} are held out, so none is left to train on: give longer utterances, or lower "
                "data_conf.frames"
            )
        short = len(numbers) - len(long)
        if short and not self.held_out:
            logger.info("%s: %d of %d utterances are too short for a crop and left out", speaker, short, len(numbers))
        return long[-held_out:] if self.held_out else long[:-held_out]

    def __len__(self) -> int:
        return max(ends[-1] for ends in self._crop_ends) if self.held_out else max(map(len, self.utterances))

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        """Return ``x`` and ``y`` (bands, frames), ``noise``, and ``utt``, the two utterances' ids."""
        generator = key.generator()
        if self.held_out:
            crops = [self._side_by_side(which, key.index) for which in range(2)]
        else:
            places = key.index, int(_order(key.seed[0], key.epoch, len(self))[key.index])
            picked = [
                int(each[evenly(place, key.epoch, len(self), len(each))])
                for place, each in zip(places, self.utterances)
            ]
            starts = [generator.integers(self.features.lengths[number] - self.frames + 1) for number in picked]
            crops = [self._at(number, int(start)) for number, start in zip(picked, starts)]
        noise = generator.standard_normal((self.bands, self.frames), dtype=np.float32)
        (utt_x, x), (utt_y, y) = crops
        return {"utt": f"{utt_x} {utt_y}", "x": x, "y": y, "noise": noise}

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Stack samples to (batch, bands, frames)."""
        batch: Batch = {
            name: torch.from_numpy(np.stack([sample[name] for sample in samples])) for name in ("x", "y", "noise")
        }
        return batch | {"utts": [sample["utt"] for sample in samples]}

    def fingerprint(self) -> str:
        """Return the number of items and a hash of the features (`FeatureDir.fingerprint`)."""
        return f"{len(self)} items, SHA-256 {self.features.fingerprint(np.concatenate(self.utterances))[:16]}"

    def _at(self, number: int, start: int) -> tuple[str, np.ndarray]:
        crop = self.features.read(number, start, start + self.frames).T
        return self.features.utterances[number], np.ascontiguousarray(crop)

    @functools.cached_property
    def _crop_ends(self) -> list[np.ndarray]:
        """Of each speaker's utterances in turn: behind the number of the last of the crops that lie side by side."""
        return [np.cumsum(self.features.lengths[numbers] // self.frames) for numbers in self.utterances]

    def _side_by_side(self, which: int, index: int) -> tuple[str, np.ndarray]:
        ends = self._crop_ends[which]
        crop = index % int(ends[-1])
        place = int(np.searchsorted(ends, crop, side="right"))
        number = int(self.utterances[which][place])
        first = int(ends[place]) - int(self.features.lengths[number]) // self.frames
        return self._at(number, (crop - first) * self.frames)


def evenly(place: int, epoch: int, length: int, count: int) -> int:
    """Return which of ``count`` utterances stands at a place of an epoch of ``length`` ≥ ``count`` items.

    Within an epoch each stands as often as any other, or once more; which do moves on from epoch to epoch.
    """
    rounds = length - length % count
    return place % count if place < rounds else (epoch * (length - rounds) + place - rounds) % count


@functools.lru_cache(maxsize=2)
def _order(seed: int, epoch: int, length: int) -> np.ndarray:
    """Return a permutation of an epoch's items, [length]: at whose place the utterance of Y that goes with each is."""
    return np.random.default_rng(np.random.SeedSequence((seed, _PAIRS, epoch))).permutation(length)


def without_shared_sentences(source: list[str], target: list[str]) -> tuple[list[str], list[str]]:
    """Return two speakers' utterances without a sentence in common.

    Of the sentences that both read, in order, the source keeps the first, third, … and the target the others.
    """
    shared = sorted({_sentence(name) for name in source} & {_sentence(name) for name in target})
    to_source, to_target = set(shared[0::2]), set(shared[1::2])
    return (
        [name for name in source if _sentence(name) not in to_target],
        [name for name in target if _sentence(name) not in to_source],
    )


def _sentence(utterance: str) -> str:
    return utterance.rpartition("_")[2]
