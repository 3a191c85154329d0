"""Crops of two speakers' features, drawn independently of each other: training on speech that is not parallel."""

from __future__ import annotations

import functools
import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.speakers import SpeakerStatistics, read_analysis, read_range, statistics_of
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.table import read_table
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.features.f0 import speaker_f0_range

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

    Attributes:
        highest: The highest value of each speaker's utterances.
        analysis: How the features were made.
        bands: Their number of mel bands.
    """

    def __init__(self, config: UnpairedCropsConfig, held_out: bool) -> None:
        folder = Path(config.train_dir)
        self.frames = config.frames
        self.held_out = held_out
        self.folder, self.speakers = folder, (config.source, config.target)
        self.analysis = read_analysis(folder)
        table = MatrixTable(folder / "feats.scp")
        speakers = read_table(folder / "utt2spk")
        names = [self._names(speakers, name, folder) for name in (config.source, config.target)]
        if config.unshared:
            names = without_shared_sentences(*names)
        self._utterances = [
            self._load(table, speaker, each, config.held_out, folder)
            for speaker, each in zip((config.source, config.target), names)
        ]
        self.bands = self._utterances[0][0][1].shape[0]
        self.highest = tuple(max(float(feats.max()) for _, feats in each) for each in self._utterances)

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
        speaker, utterances = self.speakers[which], self._utterances[which]
        f0 = MatrixTable(self.folder / "f0.scp")
        median = speaker_f0_range((f0[name] for name, _ in utterances), f"{self.folder}: speaker '{speaker}'").median
        ceiling = read_range(self.folder, speaker).ceiling
        feats = [feats.T for _, feats in utterances]
        return statistics_of(speaker, feats, median, ceiling, self.analysis, str(self.folder))

    def _names(self, speakers: dict[str, str], speaker: str, folder: Path) -> list[str]:
        names = sorted(utterance for utterance, name in speakers.items() if name == speaker)
        if not names:
            known = did_you_mean(speaker, set(speakers.values()))
            raise AudiolabError(f"{folder}/utt2spk: no utterance of speaker '{speaker}'{known}")
        return names

    def _load(
        self, table: MatrixTable, speaker: str, names: list[str], held_out: int, folder: Path
    ) -> list[tuple[str, np.ndarray]]:
        long = [(name, feats) for name in names if (feats := table[name].T).shape[1] >= self.frames]
        if len(long) <= held_out:
            raise AudiolabError(
                f"{folder}: speaker {speaker} has {len(long)} utterances of {self.frames} frames or more; {held_out} "
                "are held out, so none is left to train on: give longer utterances, or lower data_conf.frames"
            )
        short = len(names) - len(long)
        if short and not self.held_out:
            logger.info("%s: %d of %d utterances are too short for a crop and left out", speaker, short, len(names))
        kept = long[-held_out:] if self.held_out else long[:-held_out]
        return [(name, np.ascontiguousarray(feats)) for name, feats in kept]

    def __len__(self) -> int:
        return max(self._crop_counts() if self.held_out else map(len, self._utterances))

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        """Return ``x`` and ``y`` (bands, frames), ``noise``, and ``utt``, the two utterances' ids."""
        generator = key.generator()
        if self.held_out:
            crops = [self._side_by_side(each, key.index) for each in self._utterances]
        else:
            places = key.index, int(_order(key.seed[0], key.epoch, len(self))[key.index])
            picked = [
                each[evenly(place, key.epoch, len(self), len(each))] for place, each in zip(places, self._utterances)
            ]
            crops = [self._at(each, generator.integers(each[1].shape[1] - self.frames + 1)) for each in picked]
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
        """Return the number of items and a hash of all features."""
        digest = hashlib.sha256()
        for utterances in self._utterances:
            for name, feats in utterances:
                digest.update(f"{name} {feats.shape}".encode())
                digest.update(feats.tobytes())
        return f"{len(self)} items, SHA-256 {digest.hexdigest()[:16]}"

    def _at(self, utterance: tuple[str, np.ndarray], start: int) -> tuple[str, np.ndarray]:
        name, feats = utterance
        return name, feats[:, start : start + self.frames]

    def _crop_counts(self) -> list[int]:
        return [sum(feats.shape[1] // self.frames for _, feats in each) for each in self._utterances]

    def _side_by_side(self, utterances: list[tuple[str, np.ndarray]], index: int) -> tuple[str, np.ndarray]:
        places = [(u, c) for u, (_, feats) in enumerate(utterances) for c in range(feats.shape[1] // self.frames)]
        utterance, crop = places[index % len(places)]
        return self._at(utterances[utterance], crop * self.frames)


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
