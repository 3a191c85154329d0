"""Phones' linguistic vectors with their durations, of many languages and speakers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from audiolab.config import option
from audiolab.data.label_dump import names_of, open_labels
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.features.cmvn import cmvn_stats
from audiolab.waiting import told


@dataclass
class PhoneDurationsConfig:
    """Folders of label vectors and durations, as label_vectors makes them."""

    train_labels: list[str] = option(help="those that are trained on")
    valid_labels: list[str] = option(help="those that are validated on")
    languages: list[str] = option(list, "languages that are taken; none: all")
    speakers: list[str] = option(list, "speakers that are taken; none: all")

    def __post_init__(self) -> None:
        if not self.train_labels or not self.valid_labels:
            raise ValueError("train_labels and valid_labels name at least one folder each")


class PhoneDurations(SystemDataset):
    """Whole utterances.

    A batch has ``x`` [B, P, D], the phones' vectors as they are, filled with zeros, ``frames`` [B, P], how long each
    phone is, filled with ones, ``lengths`` [B] in phones, ``languages`` and ``speakers``, names of each item.

    Args:
        config: Folders and what is taken of them.
        part: ``"train"`` or ``"valid"``.

    Attributes:
        columns: Values of a phone's vector, D.
        languages: Codes, sorted.
        speakers: Ids, sorted.

    Raises:
        AudiolabError: Folders are missing or do not go together, or nothing is left.
    """

    def __init__(self, config: PhoneDurationsConfig, part: Literal["train", "valid"]) -> None:
        self.labels = open_labels(getattr(config, f"{part}_labels"), config.languages, config.speakers)
        self.columns = self.labels[0].width
        self.languages, self.speakers = names_of(self.labels, "languages"), names_of(self.labels, "speakers")
        self._ends = np.cumsum([len(each) for each in self.labels])

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        place = int(np.searchsorted(self._ends, key.index, side="right"))
        labels = self.labels[place]
        number = key.index - int(self._ends[place]) + len(labels)
        vectors, frames = labels.read(number)
        return {
            "utt": labels.utterances[number],
            "x": vectors,
            "frames": np.maximum(frames, 1).astype(np.float32),
            "language": labels.language(number),
            "speaker": labels.speaker(number),
        }

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Join utterances to a batch."""
        x, frames = (
            pad_sequence([torch.from_numpy(np.array(s[name])) for s in samples], batch_first=True, padding_value=fill)
            for name, fill in (("x", 0.0), ("frames", 1.0))
        )
        return {
            "utts": [s["utt"] for s in samples],
            "x": x,
            "frames": frames,
            "lengths": torch.tensor([len(s["frames"]) for s in samples]),
            "languages": [s["language"] for s in samples],
            "speakers": [s["speaker"] for s in samples],
        }

    def sizes(self) -> np.ndarray:
        """Return the phones of each utterance."""
        return np.concatenate([each.phones for each in self.labels])

    def statistics(self) -> tuple[np.ndarray, np.ndarray]:
        """Return Kaldi's statistics over phones: of vectors, [2, D + 1], and of the log of frames, [2, 2]."""
        vectors = frames = 0
        for index in told(range(len(self)), "labels' statistics", len(self)):
            sample = self[SampleKey(index, (0,))]
            vectors = vectors + cmvn_stats([sample["x"]])
            frames = frames + cmvn_stats([np.log(sample["frames"])[:, None]])
        return vectors, frames

    def fingerprint(self) -> str:
        """Return a SHA-256 of the labels."""
        return hashlib.sha256("".join(each.fingerprint() for each in self.labels).encode()).hexdigest()
