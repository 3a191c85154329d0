"""Utterances with what is said in them, for recognisers: whole features, and the units of the text."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.shared import Shared
from audiolab.datadir.table import read_table
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError
from audiolab.text.units import read_units

logger = logging.getLogger(__name__)


@dataclass
class TranscriptsConfig:
    """Where features and texts are, and what is hidden of the features in training.

    Hiding: D. Park et al., "SpecAugment: a simple data augmentation method for automatic speech recognition",
    Interspeech 2019; without time warping.
    """

    train_dirs: list[str] = option(help="folders with feats.scp, features.yaml and text")
    valid_dirs: list[str] = option(help="the same for validation")
    units: str = option(help="file of units, as train_units makes it")
    frames_per_unit: float = option(
        2.0, "utterances of fewer frames a unit are left out; the system's strides must not join more frames to one"
    )
    time_masks: int = option(2, "stretches of time that are hidden")
    time_mask: int = option(40, "most frames of each")
    time_share: float = option(0.2, "… and most of the utterance")
    band_masks: int = option(2, "stretches of bands that are hidden")
    band_mask: int = option(15, "most bands of each")

    def __post_init__(self) -> None:
        if not self.train_dirs or not self.valid_dirs:
            raise ValueError("train_dirs and valid_dirs name at least one folder each")
        if not 0 < self.frames_per_unit < np.inf:
            raise ValueError("frames_per_unit must be above 0")
        for name in ("time_masks", "time_mask", "band_masks", "band_mask"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative")
        if not 0 <= self.time_share <= 1:
            raise ValueError("time_share must be within 0 and 1")


class Transcripts(SystemDataset):
    """Whole utterances. What is hidden of them in training has the mean of the utterance's band.

    A batch has ``feats`` [B, T, D], filled with zeros, ``lengths`` (frames) [B], ``targets`` [B, U], filled with zeros,
    and ``target_lengths`` [B].

    Args:
        config: Folders and hiding.
        part: ``"train"`` or ``"valid"``.

    Attributes:
        units: What texts are written with.
        dirs: The folders of features.
        width: Values of a frame, D.

    Raises:
        AudiolabError: A folder has no features or no text, they do not go together, or no utterance is left.
    """

    def __init__(self, config: TranscriptsConfig, part: Literal["train", "valid"]) -> None:
        self.config, self.train = config, part == "train"
        self.units = read_units(config.units)
        self.dirs = [FeatureDir(path) for path in (config.train_dirs if self.train else config.valid_dirs)]
        for other in self.dirs[1:]:
            if other.config != self.dirs[0].config:
                raise AudiolabError(
                    f"{other.folder} and {self.dirs[0].folder}: features made in different ways (features.yaml); make "
                    "them alike"
                )
        self.width = self.dirs[0].width
        self._open()

    def _open(self) -> None:
        """Encode the texts, and leave out utterances that are too short for theirs."""
        places, targets, left_out = [], [], []
        for number, folder in enumerate(self.dirs):
            texts = read_table(folder.folder / "text")
            for utterance, (name, frames) in enumerate(zip(folder.utterances, folder.lengths.tolist())):
                if name not in texts:
                    raise AudiolabError(
                        f"{folder.folder}/text: no text of '{name}'; add it, or leave the utterance out"
                    )
                units = np.array(self.units.encode(texts[name]), np.int32)
                if len(units) and frames >= self.config.frames_per_unit * _least_frames(units):
                    places.append((number, utterance, frames))
                    targets.append(units)
                else:
                    left_out.append(name)
        if left_out:
            logger.warning(
                "%d of %d utterances are left out, for they have no text or are too short for it: %s%s",
                len(left_out), len(left_out) + len(places), left_out[0], ", …" if left_out[1:] else "",
            )  # fmt: skip
        if not places:
            raise AudiolabError(
                f"{self.dirs[0].folder}: no utterance is long enough for its text; lower data_conf.frames_per_unit"
            )
        ends = np.cumsum([len(units) for units in targets])
        self._shared = Shared([*np.array(places, np.int64).T.copy(), ends, np.concatenate(targets)])

    def __len__(self) -> int:
        return len(self._shared.arrays[0])

    def text(self, index: int) -> str:
        """Return the text of an item, as its units write it."""
        return self.units.decode(self._target(index))

    def _target(self, index: int) -> np.ndarray:
        *_, ends, targets = self._shared.arrays
        return targets[ends[index - 1] if index else 0 : ends[index]]

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        folder, number = (int(column[key.index]) for column in self._shared.arrays[:2])
        feats = self.dirs[folder].read(number)
        if self.train:
            feats = self._hidden(feats, key.generator())
        return {"utt": self.dirs[folder].utterances[number], "feats": feats, "target": self._target(key.index)}

    def _hidden(self, feats: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return features [T, D] of which stretches of time and of bands are at each band's mean."""
        config, (frames, bands) = self.config, feats.shape
        longest = min(config.time_mask, int(config.time_share * frames))
        times = _stretches(frames, config.time_masks, longest, generator)
        rows = _stretches(bands, config.band_masks, min(config.band_mask, bands), generator)
        return np.where(times[:, None] | rows, feats.mean(axis=0), feats)

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Join utterances to a batch."""
        feats, targets = (
            torch.nn.utils.rnn.pad_sequence([torch.from_numpy(np.array(s[name])) for s in samples], batch_first=True)
            for name in ("feats", "target")
        )
        return {
            "utts": [s["utt"] for s in samples],
            "feats": feats,
            "lengths": torch.tensor([len(s["feats"]) for s in samples]),
            "targets": targets.long(),
            "target_lengths": torch.tensor([len(s["target"]) for s in samples]),
        }

    def sizes(self) -> np.ndarray:
        """Return the frames of each utterance."""
        return self._shared.arrays[2]

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of each band, [D] each, over the utterances that are taken."""
        folders, numbers = self._shared.arrays[:2]
        stats = sum(
            each.statistics(numbers[folders == place])
            for place, each in enumerate(self.dirs)
            if np.any(folders == place)
        )
        count = stats[0, -1]
        mean = stats[0, :-1] / count
        variance = stats[1, :-1] / count - mean**2
        return mean, np.sqrt(np.maximum(variance, 1e-8))

    def fingerprint(self) -> str:
        """Return a SHA-256 of features, texts and units."""
        folders, numbers, *_, targets = self._shared.arrays
        digest = hashlib.sha256(self.units.model)
        digest.update(targets.tobytes())
        for place, each in enumerate(self.dirs):
            digest.update(each.fingerprint(numbers[folders == place]).encode())
        return digest.hexdigest()


def _least_frames(units: Sequence[int] | np.ndarray) -> int:
    """Return the frames that a path takes at least: a blank stands between two units that are the same."""
    units = np.asarray(units)
    return len(units) + int(np.sum(units[1:] == units[:-1]))


def _stretches(length: int, count: int, longest: int, generator: np.random.Generator) -> np.ndarray:
    """Return True within some stretches of 0 to ``longest`` places, drawn evenly, bool [length]."""
    widths = generator.integers(0, longest + 1, count)
    begins = np.floor(generator.random(count) * (length - widths + 1)).astype(int)[:, None]
    places = np.arange(length)
    return np.any((begins <= places) & (places < begins + widths[:, None]), axis=0)
