"""Windows of songs' voice and accompaniment to train on, mixed anew and augmented."""

from __future__ import annotations

import hashlib
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.augmentation import Augmentation, AugmentConfig, Change
from audiolab.data.song_pools import SongPools
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.datadir.shared import Shared
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError
from audiolab.samples import check_rate


@dataclass
class StemCropsConfig:
    """Song dirs, and how windows of them are drawn."""

    train_dirs: list[str] = option(help="song dirs whose sources are known")
    valid_dirs: list[str] = option(help="the same for validation")
    pseudo_dirs: list[str] = option(lambda: [], "song dirs whose sources a teacher has estimated, to train on, too")
    balance: Literal["union", "equal"] = option(
        "union",
        "union: all pieces of train_dirs and pseudo_dirs come equally often; equal: half of the windows are of each",
    )
    rate: int = option(16000, "sampling rate; recordings at others are resampled", "Hz")
    window_s: float = option(10.0, "length of a window", "s")
    piece_s: float | None = option(
        None,
        "shorter pieces are filled with zeros to this length before a window is drawn, so that some hold nothing "
        "else; null: windows begin where a whole one is left, and zeros follow only pieces shorter than a window",
        "s",
    )
    random_mix: float = option(1.0, "probability that the accompaniment is of another song than the vocals")
    epoch_windows: int | None = option(None, "windows of an epoch; null: as many as there are pieces")
    valid_s: float | None = option(None, "length of validation's windows, side by side; null: window_s", "s")
    valid_windows: int | None = option(None, "most windows of validation, spread evenly; null: all")
    augment: AugmentConfig = option(AugmentConfig)

    def __post_init__(self) -> None:
        if not self.train_dirs or not self.valid_dirs:
            raise ValueError("train_dirs and valid_dirs name at least one song dir each")
        for name in ("window_s", "piece_s", "valid_s", "epoch_windows", "valid_windows"):
            if getattr(self, name) is not None and not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be above 0")
        check_rate(self.rate)
        if round(min(self.window_s, self.valid_s or self.window_s) * self.rate) < 1:
            name = "window_s" if self.valid_s is None or self.window_s <= self.valid_s else "valid_s"
            raise ValueError(f"{name} of {getattr(self, name):g} s holds no sample at {self.rate} Hz")
        if not 0 <= self.random_mix <= 1:
            raise ValueError("random_mix must be within 0 and 1")
        if self.balance == "equal" and not self.pseudo_dirs:
            raise ValueError("balance is equal, but there are no pseudo_dirs")


class StemCrops(SystemDataset):
    """Windows of the two sources of songs; the mixture is their sum, which the system makes.

    Training: a window at a random place of a piece. With the probability ``random_mix`` the accompaniment is a window
    of a piece of another song, of any dir, at a place of its own; songs of one id are one song wherever they are. Both
    sources are augmented (`audiolab.data.augmentation`). Windows in which a source is silent are taken as they are.

    Validation: windows side by side, the last of a piece filled with zeros; nothing is mixed anew or augmented.

    Args:
        config: Dirs and draws.
        part: ``"train"`` or ``"valid"``.

    Attributes:
        rate: In Hz.
        samples: Of a window.
        dirs: The song dirs, those of ``train_dirs`` first.

    Raises:
        AudiolabError: A dir is no song dir; accompaniments are to be of other songs, and there is only one; a range of
            ``augment`` does not fit the rate.
    """

    def __init__(self, config: StemCropsConfig, part: Literal["train", "valid"]) -> None:
        self.config, self.train, self.rate = config, part == "train", config.rate
        seconds = config.window_s if self.train or config.valid_s is None else config.valid_s
        self.samples = round(seconds * self.rate)
        groups = [config.train_dirs, config.pseudo_dirs] if self.train else [config.valid_dirs]
        self.dirs = [StemDir(path, self.rate) for group in groups for path in group]
        self._first = np.cumsum([0, *map(len, self.dirs)])
        if self.train:
            self._augmentation = Augmentation(config.augment, self.rate)
            self._open_pools()
        else:
            lengths = np.concatenate([each.lengths for each in self.dirs])
            self._ends = Shared([np.cumsum(-(-lengths // self.samples))])

    @classmethod
    def both(cls, config: StemCropsConfig) -> tuple[StemCrops, StemCrops]:
        """Return the windows to train on and those to validate on."""
        return cls(config, "train"), cls(config, "valid")

    def check_rate(self, rate: int) -> None:
        """Raise `ValueError` unless a system's rate in Hz is that of the windows."""
        if rate != self.rate:
            raise ValueError(
                f"rate is {rate} Hz, but songs are read at {self.rate} Hz: give system_conf.rate and data_conf.rate "
                "the same value"
            )

    def __len__(self) -> int:
        if self.train:
            return self._pools.windows
        return min(int(self._ends.arrays[0][-1]), self.config.valid_windows or sys.maxsize)

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        """Return ``vocals`` and ``accompaniment``, float32 [samples], and ``utt``: the pieces' ids."""
        return self._drawn(key) if self.train else self._side_by_side(key.index)

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Join samples to ``vocals`` and ``accompaniment``, float32 [B, N]."""
        batch: Batch = {"utts": [sample["utt"] for sample in samples]}
        return batch | {
            source: torch.from_numpy(np.stack([sample[source] for sample in samples])) for source in SOURCES
        }

    def fingerprint(self) -> str:
        """Return the number of pieces and a hash of the dirs (`StemDir.fingerprint`)."""
        hashes = hashlib.sha256(" ".join(each.fingerprint() for each in self.dirs).encode())
        return f"{' + '.join(str(len(each)) for each in self.dirs)} pieces, {hashes.hexdigest()[:16]}"

    def _open_pools(self) -> None:
        """Number the songs of all dirs, and put the pieces into pools."""
        names = [song for each in self.dirs for song in each.songs]
        songs = np.unique(names, return_inverse=True)[1].astype(np.int32)
        known = len(self.config.train_dirs)
        union = self.config.balance == "union"
        dirs = [self.dirs] if union else [self.dirs[:known], self.dirs[known:]]
        self._pools = SongPools([songs] if union else np.split(songs, self._first[[known]]), self.config.epoch_windows)
        self._songs = Shared([songs])
        if self.config.random_mix > 0 and (single := self._pools.single()):
            where = ", ".join(str(each.path) for each in dirs[single[0]])
            raise AudiolabError(
                f"{where}: all pieces are of one song (utt2song), but data_conf.random_mix is "
                f"{self.config.random_mix:g}; add songs, or set random_mix to 0"
            )

    def _drawn(self, key: SampleKey) -> dict[str, Any]:
        generator = key.generator()
        pieces = [self._pools.piece(key.seed[0], key.epoch, key.index)] * len(SOURCES)
        mixed = generator.random() < self.config.random_mix
        if mixed:
            pieces[1] = self._pools.other(int(self._songs.arrays[0][pieces[0]]), generator)
        changes = self._augmentation.draw(generator, len(SOURCES), together=not mixed)
        places = generator.random(len(SOURCES))
        places = places if mixed else places[[0, 0]]
        waves = [
            self._window(piece, source, change, place)
            for piece, source, change, place in zip(pieces, SOURCES, changes, places)
        ]
        return self._sample(pieces if mixed else pieces[:1], waves)

    def _window(self, piece: int, source: str, change: Change, place: float) -> np.ndarray:
        """Return a window of a source, changed, at a place in the piece from 0 to 1."""
        needed = self._augmentation.needed(self.samples, change)
        stems, number = self._stems(piece)
        length = max(int(stems.lengths[number]), round((self.config.piece_s or 0) * self.rate))
        start = int(place * (max(0, length - needed) + 1))
        return self._augmentation.apply(stems.read(number, source, start, needed), self.samples, change)

    def _side_by_side(self, index: int) -> dict[str, Any]:
        ends = self._ends.arrays[0]
        index = index * int(ends[-1]) // len(self)
        piece = int(np.searchsorted(ends, index, side="right"))
        stems, number = self._stems(piece)
        start = (index - (int(ends[piece - 1]) if piece else 0)) * self.samples
        return self._sample([piece], [stems.read(number, source, start, self.samples) for source in SOURCES])

    def _stems(self, piece: int) -> tuple[StemDir, int]:
        """Return the dir that a piece is of, and its number in it."""
        place = int(np.searchsorted(self._first, piece, side="right")) - 1
        return self.dirs[place], piece - int(self._first[place])

    def _sample(self, pieces: Sequence[int], waves: Sequence[np.ndarray]) -> dict[str, Any]:
        names = [stems.ids[number] for stems, number in map(self._stems, pieces)]
        return {"utt": " ".join(names), **dict(zip(SOURCES, waves))}
