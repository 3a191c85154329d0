"""Utterances with linguistic vectors and vocoder parameters of each frame, of many languages and speakers."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from audiolab.config import option
from audiolab.data.feature_dir import FeatureDir
from audiolab.data.label_dump import names_of, open_labels
from audiolab.datadir.arkio import MatrixTable
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError
from audiolab.features.cmvn import cmvn_stats
from audiolab.features.frame_labels import frame_labels
from audiolab.features.kinds import of_kind
from audiolab.features.world_config import WorldConfig
from audiolab.waiting import told

logger = logging.getLogger(__name__)


@dataclass
class LabelledSpeechConfig:
    """Folders in pairs: the first of the labels goes with the first of the features."""

    train_labels: list[str] = option(help="folders of label vectors and durations, as label_vectors makes them")
    train_feats: list[str] = option(help="folders of features of kind world, one for each of train_labels")
    valid_labels: list[str] = option(help="the same for validation")
    valid_feats: list[str] = option(help="the same for validation")
    languages: list[str] = option(list, "languages that are taken; none: all")
    speakers: list[str] = option(list, "speakers that are taken; none: all")
    most: int = option(0, "utterances of a speaker that are trained on at most, the first ones by id; 0: all")
    statistics: list[str] = option(
        list,
        "cmvn.scp (compute_cmvn) of the features whose sums over all speakers normalise the outputs, so that several "
        "systems' errors are in one normalisation; none: that of the utterances that are trained on",
    )

    def __post_init__(self) -> None:
        for part in ("train", "valid"):
            labels, feats = (len(getattr(self, f"{part}_{kind}")) for kind in ("labels", "feats"))
            if labels != feats or not labels:
                raise ValueError(f"{part}_labels and {part}_feats name as many folders each, at least one")
        if self.most < 0:
            raise ValueError(f"most is 0 (all) or more, not {self.most}")


class LabelledSpeech(SystemDataset):
    """Whole utterances.

    A batch has ``x`` [B, T, D + 4], the frames' linguistic vectors as they are, ``y`` [B, T, W], vocoder parameters as
    they are, both filled with zeros, ``lengths`` [B] in frames, ``languages`` and ``speakers``, names of each item. A
    whole batch has in its facts ``language <code>`` and ``speaker <id>``, the frames of the longest utterance of each
    that is in it.

    Args:
        config: Folders and what is taken of them.
        part: ``"train"`` or ``"valid"``.

    Attributes:
        analysis: How vocoder parameters were made.
        columns: Values of a phone's linguistic vector, D.
        width: Values of a frame's vocoder parameters, W.
        languages: Codes, sorted.
        speakers: Ids, sorted.

    Raises:
        AudiolabError: Folders are missing or do not go together, or nothing is left.
    """

    def __init__(self, config: LabelledSpeechConfig, part: Literal["train", "valid"]) -> None:
        self.config = config
        folders = getattr(config, f"{part}_labels")
        self.labels = open_labels(folders, config.languages, config.speakers)
        self.feats = [FeatureDir(path) for path in getattr(config, f"{part}_feats")]
        self.analysis: WorldConfig = of_kind(self.feats[0].config, WorldConfig, self.feats[0].folder)
        for other in self.feats[1:]:
            if other.config != self.analysis:
                raise AudiolabError(f"{other.folder} and {self.feats[0].folder}: features made in different ways")
        self.columns, self.width = self.labels[0].width, self.feats[0].width
        self.languages, self.speakers = names_of(self.labels, "languages"), names_of(self.labels, "speakers")
        self._items = np.concatenate([self._in_both(place) for place in range(len(folders))])
        if not len(self._items):
            raise AudiolabError(f"{folders[0]}: {self.feats[0].folder} has none of its utterances; make both of one")
        if part == "train" and config.most:
            self._items = self._items[first_of_each([self.speaker(n) for n in range(len(self))], config.most)]

    def _in_both(self, place: int) -> np.ndarray:
        """Return (folder, number in the labels, number in the features, frames) of utterances, [n, 4]."""
        labels, feats = self.labels[place], self.feats[place]
        numbers = {name: number for number, name in enumerate(feats.utterances)}
        lost = [name for name in labels.utterances if name not in numbers]
        if lost:
            logger.warning(
                "%s: %d of %d utterances have no features and are left out: %s%s",
                labels.folder, len(lost), len(labels), lost[0], ", …" if lost[1:] else "",
            )  # fmt: skip
        rows = [
            (place, number, numbers[name], int(feats.lengths[numbers[name]]))
            for number, name in enumerate(labels.utterances)
            if name in numbers
        ]
        return np.array(rows, np.int64).reshape(-1, 4)

    def __len__(self) -> int:
        return len(self._items)

    def inputs(self, index: int) -> np.ndarray:
        """Return the linguistic vectors of an utterance's frames, [T, D + 4] float32.

        Raises:
            AudiolabError: The phones' frames are not as many as the features'.
        """
        place, number, _, frames = self._items[index].tolist()
        labels = self.labels[place]
        vectors, durations = labels.read(number)
        if durations.sum() != frames:
            raise AudiolabError(
                f"{labels.folder}: {labels.utterances[number]}: its phones have {durations.sum()} frames and its "
                f"features in {self.feats[place].folder} have {frames}; align and extract the same audio"
            )
        return frame_labels(vectors, durations)

    def language(self, index: int) -> str:
        """Return an utterance's language."""
        return self.labels[self._items[index, 0]].language(self._items[index, 1])

    def speaker(self, index: int) -> str:
        """Return who speaks an utterance."""
        return self.labels[self._items[index, 0]].speaker(self._items[index, 1])

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        place, number, in_feats, _ = self._items[key.index].tolist()
        return {
            "utt": self.labels[place].utterances[number],
            "x": self.inputs(key.index),
            "y": self.feats[place].read(in_feats),
            "language": self.language(key.index),
            "speaker": self.speaker(key.index),
        }

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Join utterances to a batch."""
        x, y = (pad_sequence([torch.from_numpy(np.array(s[name])) for s in samples], batch_first=True) for name in "xy")
        return {
            "utts": [s["utt"] for s in samples],
            "x": x,
            "y": y,
            "lengths": torch.tensor([len(s["y"]) for s in samples]),
            "languages": [s["language"] for s in samples],
            "speakers": [s["speaker"] for s in samples],
        }

    def sizes(self) -> np.ndarray:
        """Return the frames of each utterance."""
        return self._items[:, 3]

    def about(self, keys: Sequence[SampleKey]) -> dict[str, float]:
        """Return the frames of the longest utterance of each language and speaker."""
        found: dict[str, float] = {}
        for key in keys:
            frames = int(self._items[key.index, 3])
            for name in (f"language {self.language(key.index)}", f"speaker {self.speaker(key.index)}"):
                found[name] = max(frames, found.get(name, 0))
        return found

    def input_statistics(self) -> dict[str, np.ndarray]:
        """Return Kaldi's statistics [2, D + 5] of the frames' linguistic vectors, by language."""
        found: dict[str, np.ndarray] = {}
        for index in told(range(len(self)), "labels' statistics", len(self)):
            one, name = cmvn_stats([self.inputs(index)]), self.language(index)
            found[name] = found[name] + one if name in found else one
        return found

    def output_statistics(self) -> np.ndarray:
        """Return Kaldi's statistics [2, W + 1] of vocoder parameters: of `LabelledSpeechConfig.statistics`, or own."""
        if self.config.statistics:
            return sum(self._of_table(path) for path in self.config.statistics)
        places = self._items[:, 0]
        return sum(
            feats.statistics(self._items[places == place, 2])
            for place, feats in enumerate(self.feats)
            if np.any(places == place)
        )

    def _of_table(self, path: str) -> np.ndarray:
        stats = sum(MatrixTable(path).values())
        if stats.shape != (2, self.width + 1):
            raise AudiolabError(
                f"{path}: statistics of {stats.shape[1] - 1} values, and the features have {self.width}; make them "
                "of features like these"
            )
        return stats

    def fingerprint(self) -> str:
        """Return a SHA-256 of labels, features and, where they are others, statistics."""
        digest = hashlib.sha256()
        for place, (labels, feats) in enumerate(zip(self.labels, self.feats)):
            digest.update(labels.fingerprint().encode())
            digest.update(feats.fingerprint(self._items[self._items[:, 0] == place, 2]).encode())
        for path in self.config.statistics:
            digest.update(self._of_table(path).tobytes())
        return digest.hexdigest()


def first_of_each(groups: Sequence[str], most: int) -> np.ndarray:
    """Return the places of the first ``most`` members of each group, ascending."""
    seen: Counter[str] = Counter()
    places = []
    for place, group in enumerate(groups):
        seen[group] += 1
        if seen[group] <= most:
            places.append(place)
    return np.array(places, np.int64)
