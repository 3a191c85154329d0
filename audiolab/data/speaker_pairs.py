"""Crops of many speakers' speech, each with another speaker to whose voice it may be converted."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.embeddings import SPEAKERS
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.shared import Shared
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.features.kinds import of_kind
from audiolab.features.log_mel_config import LogMelConfig


@dataclass
class SpeakerPairsConfig:
    """Where the features are, how they are cropped, and what tells a speaker."""

    train_dir: str = option(help="folder with feats.scp, utt2spk and features.yaml of kind mel, and spk_embedding.scp")
    valid_dir: str | None = option(
        None, "the same to validate on; null: the last utterances of each speaker of train_dir (held_out)"
    )
    frames: int = option(128, "length of a crop; shorter utterances are followed by zeros", "frames")
    held_out: int = option(
        1, "last utterances of each speaker that are validated on, not trained on; without a valid_dir"
    )
    told_by: Literal["embedding", "one_hot"] = option(
        "embedding", "what tells a speaker: spk_embedding.scp, or a one among zeros, for training speakers alone"
    )

    def __post_init__(self) -> None:
        if self.frames < 1 or self.held_out < 1:
            raise ValueError("frames and held_out must be at least 1")


class SpeakerPairs(SystemDataset):
    """Crops of speakers A, (frames, bands) as they are stored, who A is, and a speaker B, who is never A.

    Training: an epoch has as many items as there are utterances, and as many of each speaker as of any other, or one
    more. A speaker's utterances come one after another, from epoch to epoch, so each comes as often as any other of
    that speaker; where the crop begins and who B is, is drawn. Held out: crops side by side, one at least of each
    utterance, and B in turn, without randomness.

    Attributes:
        features: The folder of features.
        analysis: How they were made.
        bands: Values of a frame.
        frames: Length of a crop.
        speakers: Ids, sorted; a speaker's number is its place in them.
        told: What tells each speaker, float32 [S, D].
        embeddings: Their embeddings, float32 [S, E]; None where the folder has no ``spk_embedding.scp``, without which
            speakers are told by one-hot vectors alone.

    Raises:
        AudiolabError: There are fewer than two speakers, one has too few utterances, or a table lacks a speaker.
    """

    def __init__(self, config: SpeakerPairsConfig, held_out: bool) -> None:
        apart = config.valid_dir is not None
        folder = config.valid_dir if held_out and apart else config.train_dir
        self.frames, self.held_out = config.frames, held_out
        self.features = FeatureDir(folder)
        self.analysis = of_kind(self.features.config, LogMelConfig, self.features.folder)
        self.bands = self.features.width
        self.speakers = self.features.speakers
        if len(self.speakers) < 2:
            raise AudiolabError(f"{folder}: one speaker alone; conversion is learned from two or more")
        self._numbers = Shared([self._kept(speaker, None if apart else config.held_out) for speaker in self.speakers])
        self.embeddings = speaker_embeddings(folder, self.speakers) if self._has_embeddings(config) else None
        self.told = self.embeddings if config.told_by == "embedding" else self._one_hot(config)

    @property
    def utterances(self) -> tuple[np.ndarray, ...]:
        """The numbers of each speaker's utterances, as of `features`, of which there are crops."""
        return self._numbers.arrays

    def __len__(self) -> int:
        return int(self._crop_ends[-1]) if self.held_out else sum(map(len, self.utterances))

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        """Return ``mel`` (frames, bands), ``source`` and ``target``, which tell A and B, and ``utt``.

        Where there are embeddings, B's is ``style``.
        """
        count = len(self.speakers)
        if self.held_out:
            source, number, start = self._side_by_side(key.index)
            step = key.index % (count - 1)
        else:
            source, number = self._in_turn(key.index, key.epoch)
            generator = key.generator()
            start = int(generator.integers(max(0, int(self.features.lengths[number]) - self.frames) + 1))
            step = int(generator.integers(count - 1))
        target = (source + 1 + step) % count
        sample = {
            "utt": self.features.utterances[number],
            "mel": self._crop(number, start),
            "source": self.told[source],
            "target": self.told[target],
        }
        return sample if self.embeddings is None else sample | {"style": self.embeddings[target]}

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Stack samples: ``mel`` [B, frames, bands], ``source`` and ``target`` [B, D], ``style`` [B, E]."""
        batch: Batch = {
            name: torch.from_numpy(np.stack([sample[name] for sample in samples]))
            for name in samples[0]
            if name != "utt"
        }
        return batch | {"utts": [sample["utt"] for sample in samples]}

    def fingerprint(self) -> str:
        """Return a hash of the features, and one of what tells speakers, and their embeddings."""
        tables = hashlib.sha256(" ".join(self.speakers).encode())
        for table in (self.told, self.embeddings):
            tables.update(b"" if table is None else table.tobytes())
        features = self.features.fingerprint(self._in_order)
        return f"{len(self)} items, SHA-256 {features[:16]}, speakers {tables.hexdigest()[:16]}"

    def _kept(self, speaker: str, held_out: int | None) -> np.ndarray:
        """Return a speaker's utterances of this set; None: all."""
        numbers = self.features.of_speaker(speaker)
        if held_out is None:
            return numbers
        if len(numbers) <= held_out:
            raise AudiolabError(
                f"{self.features.folder}: speaker {speaker} has {len(numbers)} utterances, and {held_out} are held "
                "out, so none is left to train on: give more, lower data_conf.held_out, or give a data_conf.valid_dir"
            )
        return numbers[-held_out:] if self.held_out else numbers[:-held_out]

    def _has_embeddings(self, config: SpeakerPairsConfig) -> bool:
        return config.told_by == "embedding" or (self.features.folder / SPEAKERS).is_file()

    def _one_hot(self, config: SpeakerPairsConfig) -> np.ndarray:
        """Return the rows of a unit matrix of the training speakers, one for each speaker of this set."""
        known = FeatureDir(config.train_dir).speakers
        for speaker in self.speakers:
            if speaker not in known:
                raise AudiolabError(
                    f"{self.features.folder}: {speaker} is no training speaker{did_you_mean(speaker, known)}, and has "
                    "no one-hot vector; leave it out, or set data_conf.told_by to embedding"
                )
        return np.eye(len(known), dtype=np.float32)[[known.index(speaker) for speaker in self.speakers]]

    def _in_turn(self, index: int, epoch: int) -> tuple[int, int]:
        """Return speaker and utterance of an item of an epoch."""
        place, speaker = divmod(index, len(self.speakers))
        numbers = self.utterances[speaker]
        of_speaker = -(-(len(self) - speaker) // len(self.speakers))  # items that an epoch has of it
        return speaker, int(numbers[(epoch * of_speaker + place) % len(numbers)])

    @functools.cached_property
    def _in_order(self) -> np.ndarray:
        """The numbers of all utterances of this set, speaker by speaker."""
        return np.concatenate(self.utterances)

    @functools.cached_property
    def _crop_ends(self) -> np.ndarray:
        """Behind the number of the last of the crops that lie side by side in each utterance, in their order."""
        lengths = self.features.lengths[self._in_order]
        return np.cumsum(np.maximum(1, lengths // self.frames))

    def _side_by_side(self, index: int) -> tuple[int, int, int]:
        """Return speaker, utterance and first frame of a held-out crop."""
        place = int(np.searchsorted(self._crop_ends, index, side="right"))
        number = int(self._in_order[place])
        first = int(self._crop_ends[place - 1]) if place else 0
        return int(self.features.speaker_of[number]), number, (index - first) * self.frames

    def _crop(self, number: int, start: int) -> np.ndarray:
        end = min(start + self.frames, int(self.features.lengths[number]))
        crop = np.zeros((self.frames, self.bands), np.float32)
        crop[: end - start] = self.features.read(number, start, end)
        return crop


def speaker_embeddings(folder: str | Path, speakers: list[str]) -> np.ndarray:
    """Return the embeddings of speakers, float32 [S, E], from ``spk_embedding.scp`` of a features' folder.

    Raises:
        AudiolabError: The table is missing or lacks a speaker, or an embedding is no vector as long as the others.
    """
    path = Path(folder) / SPEAKERS
    if not path.is_file():
        raise AudiolabError(f"{path}: no such table; make it with audiolab.bin.embed_speakers")
    table = MatrixTable(path)
    vectors = [table[speaker] for speaker in speakers]
    for speaker, vector in zip(speakers, vectors):
        if vector.ndim != 1 or vector.shape != vectors[0].shape:
            raise AudiolabError(
                f"{path}: {speaker} has shape {vector.shape}, {speakers[0]} {vectors[0].shape}; vectors of one length "
                "are wanted: make them with audiolab.bin.embed_speakers"
            )
    return np.stack(vectors).astype(np.float32)
