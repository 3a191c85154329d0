"""Batches of N speakers with M crops each: what generalised end-to-end losses are trained on."""

from __future__ import annotations

import dataclasses
import functools
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.shared import Shared
from audiolab.dataset import Batch, SampleKey, SystemDataset, Whole
from audiolab.errors import AudiolabError
from audiolab.features.kinds import of_kind
from audiolab.features.log_mel_config import LogMelConfig

logger = logging.getLogger(__name__)


@dataclass
class SpeakerBatchesConfig:
    """Where the features are, and how speakers' crops are drawn of them."""

    train_dirs: list[str] = option(help="folders of features of kind mel with utt2spk; a speaker is in one of them")
    valid_dirs: list[str] = option(lambda: [], "the same, of speakers that are not trained on; empty: see held_out")
    held_out: int = option(
        0, "without valid_dirs: speakers of train_dirs, spread evenly over their sorted ids, to validate on alone"
    )
    utterances: int = option(10, "crops of a speaker in a batch, each of another utterance if there are so many: M")
    frames: list[int] = option(
        lambda: [140, 180], "shortest and longest crop; one length is drawn for all of a batch", "frames"
    )
    least_frames: int = option(
        64, "shorter utterances are left out; others shorter than a crop are filled with silence (0) behind", "frames"
    )
    least_utterances: int = option(2, "speakers with fewer utterances are left out")

    def __post_init__(self) -> None:
        if not self.train_dirs:
            raise ValueError("train_dirs names at least one folder of features")
        if bool(self.valid_dirs) == bool(self.held_out) or self.held_out < 0 or self.held_out == 1:
            raise ValueError("either valid_dirs are given or held_out is 2 speakers or more: two voices are told apart")
        if self.utterances < 2 or self.least_utterances < 2:
            raise ValueError("utterances and least_utterances must be 2 or more: an utterance is held against others")
        if len(self.frames) != 2 or not 1 <= self.frames[0] <= self.frames[1]:
            raise ValueError(f"frames are two numbers, the shortest crop and the longest, not {self.frames}")
        if self.least_frames < 1:
            raise ValueError("least_frames must be 1 or more")

    @property
    def window(self) -> int:
        """The middle of the crops' lengths, in frames: validation's crops, and windows at inference."""
        return sum(self.frames) // 2


class SpeakerBatches(SystemDataset):
    """Crops by speaker, float32 ``x`` [speakers, M, frames, bands].

    Training: an item is a speaker, and an epoch has each once. Of a speaker M utterances are drawn, none a second time
    before all others, and of each a crop. All items of a whole batch have crops of one length, whichever process or
    micro-batch has them. Held out: the one item is all speakers, with the same crops each time.

    Attributes:
        config: Its own.
        held_out: Whether these are the speakers to validate on.
        voices: The speakers.
        chosen: Which of them are this set's, by their places.
    """

    def __init__(self, config: SpeakerBatchesConfig, held_out: bool) -> None:
        self.config, self.held_out = config, held_out
        own_dirs = held_out and bool(config.valid_dirs)
        folders = config.valid_dirs if own_dirs else config.train_dirs
        self.voices = Voices(folders, config.least_frames, config.least_utterances)
        self.chosen = np.arange(len(self.voices))
        if not config.valid_dirs:
            if len(self.voices) <= config.held_out:
                raise AudiolabError(
                    f"{' '.join(folders)}: {len(self.voices)} speakers; data_conf.held_out, {config.held_out}, leaves "
                    "none to train on"
                )
            kept = _spread(len(self.voices), config.held_out)
            self.chosen = kept if held_out else np.setdiff1d(self.chosen, kept)
        if held_out and len(self.chosen) < 2:
            raise AudiolabError(
                f"{' '.join(folders)}: {len(self.chosen)} speakers with {config.least_utterances} utterances or more "
                "to validate on; an equal error rate takes 2 or more"
            )

    @classmethod
    def both(cls, config: SpeakerBatchesConfig) -> tuple[SpeakerBatches, SpeakerBatches]:
        """Return the set to train on and that to validate on.

        Raises:
            AudiolabError: A speaker is in both, or the sets' features were made unlike.
        """
        train, valid = cls(config, held_out=False), cls(config, held_out=True)
        if config.valid_dirs:
            check_alike([*train.voices.features, *valid.voices.features])
            if twice := sorted({*train.voices.names} & {*valid.voices.names}):
                raise AudiolabError(
                    f"speaker '{twice[0]}' is in data_conf.train_dirs and in valid_dirs ({len(twice)} such): validate "
                    "on speakers that are not trained on"
                )
        return train, valid

    @property
    def analysis(self) -> LogMelConfig:
        """How the features were made."""
        return self.voices.analysis

    @property
    def bands(self) -> int:
        """Mel bands."""
        return self.voices.features[0].width

    @functools.cached_property
    def names(self) -> list[str]:
        """The set's speakers."""
        return [self.voices.names[place] for place in self.chosen]

    def __len__(self) -> int:
        return 1 if self.held_out else len(self.chosen)

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        """Return ``x`` [speakers, M, frames, bands], and ``utt``, the utterances' ids."""
        generator = key.generator()
        places = self.chosen if self.held_out else self.chosen[[key.index]]
        length = self.config.window if self.held_out else self.length(key.whole)
        found = [self.voices.crops(int(place), self.config.utterances, length, generator) for place in places]
        return {"utt": " ".join(utt for utts, _ in found for utt in utts), "x": np.stack([crops for _, crops in found])}

    def length(self, whole: Whole) -> int:
        """Return how many frames all crops of a whole batch have."""
        shortest, longest = self.config.frames
        return int(whole.generator().integers(shortest, longest + 1))

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Join samples to ``x`` [speakers, M, frames, bands]."""
        x = torch.from_numpy(np.concatenate([sample["x"] for sample in samples]))
        return {"utts": [sample["utt"] for sample in samples], "x": x}

    def fingerprint(self) -> str:
        """Return the number of speakers and a hash of the features (`FeatureDir.fingerprint`)."""
        return f"{len(self.chosen)} speakers, SHA-256 {self.voices.fingerprint(self.chosen)}"


class Voices:
    """The speakers of some folders of features, and those of their utterances that are long enough.

    Args:
        folders: The folders.
        least_frames: Utterances of fewer frames are left out.
        least_utterances: So are speakers that have fewer utterances then; both are counted in the log.

    Attributes:
        features: The folders' features.
        analysis: How they were made.
        names: The speakers.

    Raises:
        AudiolabError: Features of another kind, or made unlike; a speaker is in two folders; no speaker is left.
    """

    def __init__(self, folders: Sequence[str], least_frames: int, least_utterances: int) -> None:
        self.features = [FeatureDir(folder) for folder in folders]
        self.analysis = check_alike(self.features)
        self.names: list[str] = []
        numbers, counts, places = [], [], []
        for place, features in enumerate(self.features):
            kept, of_speaker = _by_speaker(features, least_frames, least_utterances)
            speaking = np.flatnonzero(of_speaker)
            self.names += [features.speakers[number] for number in speaking]
            numbers.append(kept)
            counts.append(of_speaker[speaking])
            places.append(np.full(len(speaking), place))
        if twice := sorted(name for name, count in Counter(self.names).items() if count > 1):
            raise AudiolabError(
                f"{' '.join(folders)}: speaker '{twice[0]}' is in two folders ({len(twice)} such); is it one person? "
                "then join the folders (utils/combine_data.py), else name the speakers apart"
            )
        if not self.names:
            raise AudiolabError(
                f"{' '.join(folders)}: no speaker has {least_utterances} utterances of {least_frames} frames or more; "
                "give more speech, or lower data_conf.least_frames"
            )
        ends = np.cumsum(np.concatenate(counts))
        self._arrays = Shared([np.concatenate(numbers), ends, np.concatenate(places)])

    def __len__(self) -> int:
        return len(self.names)

    def utterances(self, place: int) -> tuple[FeatureDir, np.ndarray]:
        """Return a speaker's features, and the numbers of the speaker's utterances in them."""
        numbers, ends, places = self._arrays.arrays
        begin = ends[place - 1] if place else 0
        return self.features[places[place]], numbers[begin : ends[place]]

    def crops(
        self, place: int, count: int, length: int, generator: np.random.Generator
    ) -> tuple[list[str], np.ndarray]:
        """Return ids of a speaker's utterances that are drawn, and a crop of each, float32 [count, length, bands]."""
        features, numbers = self.utterances(place)
        rounds = -(-count // len(numbers))
        drawn = np.concatenate([generator.permutation(numbers) for _ in range(rounds)])[:count]
        starts = generator.integers(np.maximum(features.lengths[drawn] - length, 0) + 1)
        crops = np.zeros((count, length, features.width), np.float32)
        for crop, number, start in zip(crops, drawn.tolist(), starts.tolist()):
            read = features.read(number, start, min(start + length, int(features.lengths[number])))
            crop[: len(read)] = read
        return [features.utterances[number] for number in drawn.tolist()], crops

    def fingerprint(self, places: np.ndarray) -> str:
        """Return a hash of the utterances of some speakers, in each folder that has one of them."""
        of_folders: dict[int, list[np.ndarray]] = {}
        for place in places.tolist():
            of_folders.setdefault(int(self._arrays.arrays[2][place]), []).append(self.utterances(place)[1])
        found = {folder: np.concatenate(numbers) for folder, numbers in of_folders.items()}
        return " ".join(self.features[folder].fingerprint(numbers)[:16] for folder, numbers in found.items())


def check_alike(features: Sequence[FeatureDir]) -> LogMelConfig:
    """Return how features were made; raises `AudiolabError` where they are of another kind, or were made unlike."""
    first, *others = (of_kind(each.config, LogMelConfig, each.folder) for each in features)
    for each, other in zip(features[1:], others):
        if dataclasses.replace(other, seed=first.seed) != first:
            raise AudiolabError(f"{each.folder}: made otherwise than {features[0].folder}; make both with one config")
    return first


def _by_speaker(features: FeatureDir, least_frames: int, least_utterances: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of the utterances that are kept, speaker by speaker, and how many each speaker has of them."""
    long = np.flatnonzero(features.lengths >= least_frames)
    counts = np.bincount(features.speaker_of[long], minlength=len(features.speakers))
    enough = counts >= least_utterances
    kept = long[enough[features.speaker_of[long]]]
    lost, silent = len(features) - len(kept), len(counts) - int(enough.sum())
    if lost:
        logger.info(
            "%s: %d of %d utterances are left out: shorter than %d frames (%d), or of %d speakers with fewer than %d",
            features.folder, lost, len(features), least_frames, len(features) - len(long), silent, least_utterances,
        )  # fmt: skip
    return kept[np.argsort(features.speaker_of[kept], kind="stable")], np.where(enough, counts, 0)


def _spread(count: int, chosen: int) -> np.ndarray:
    """Return so many of ``count`` places, spread evenly."""
    return (np.arange(chosen) * count + count // 2) // chosen
