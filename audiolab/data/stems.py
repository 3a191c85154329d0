"""Songs whose voice and accompaniment are known, and windows of both to train on.

A song dir is a data dir whose ``vocals.scp`` and ``accompaniment.scp`` name the two sources beside the mixture,
``wav.scp``; its utterances are pieces of songs (``segments``), and ``utt2song`` says of which song each one is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from audiolab.config import option
from audiolab.data.augmentation import NOTHING, AugmentConfig, Augmentation, Change
from audiolab.data.song_pools import SongPools
from audiolab.datadir.audio import excerpt_of, length_at
from audiolab.datadir.audiofile import audio_info, open_audio
from audiolab.datadir.headers import TABLE, kept_header
from audiolab.datadir.relations import SEGMENT_SLACK, parse_segments
from audiolab.datadir.shared import Shared
from audiolab.datadir.table import Ids, Table, read_table
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError
from audiolab.waiting import told

SOURCES = ("vocals", "accompaniment")
"""The sources, in the order that separators give them."""


class StemDir:
    """The sources of a song dir, read where they are asked for.

    Opening reads tables, and headers only where the lengths stand in no table (``segments``, ``reco2header``). No file
    stays open, and processes that get it by pickling share its tables with this one.

    Args:
        path: The dir.
        rate: At which samples are counted and read, in Hz; None: the first recording's own. Recordings at another rate
            are resampled.

    Attributes:
        path: The dir.
        rate: In Hz.
        ids: Of the pieces, in byte order; a piece's number is its place in them.

    Raises:
        AudiolabError: A table is missing or broken, or tables do not go together.
    """

    def __init__(self, path: str | Path, rate: int | None = None) -> None:
        self.path = Path(path)
        self._entries = {source: read_table(self.path / f"{source}.scp") for source in SOURCES}
        vocals, accompaniment = self._entries.values()
        odd = set(vocals) ^ set(accompaniment)
        if odd:
            raise AudiolabError(f"{self.path}: '{min(odd)}' is in only one of vocals.scp and accompaniment.scp")
        segmented = (self.path / "segments").is_file()
        self._segments: Table | None = read_table(self.path / "segments") if segmented else None
        self.ids: Ids = (vocals if self._segments is None else self._segments).ids
        if not self.ids:
            raise AudiolabError(f"{self.path}: no piece of a song in it; make the dir again")
        first = self._recording(self.ids[0])
        if first not in vocals:
            raise AudiolabError(f"{self.path}/segments: '{self.ids[0]}' is of '{first}', which is not in vocals.scp")
        self.rate = rate or audio_info(vocals[first], where=f"{self.path}/vocals.scp: {first}")[1]
        self._places = Shared(self._read_segments() if segmented else self._read_lengths())

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def lengths(self) -> np.ndarray:
        """Samples of each piece, int64 [len(ids)]."""
        return self._places.arrays[1]

    @property
    def songs(self) -> list[str]:
        """The song of each piece, [len(ids)], made anew; without ``utt2song`` it is the id of the recording."""
        path = self.path / "utt2song"
        if not path.is_file():
            return [self._recording(name) for name in self.ids]
        table = read_table(path)
        if table.ids != self.ids:
            odd = min(set(table) ^ set(self.ids))
            raise AudiolabError(f"{self.path}: '{odd}' is in one of utt2song and the ids of pieces only")
        return [table[name] for name in self.ids]

    def read(self, number: int, source: str, start: int = 0, samples: int | None = None) -> np.ndarray:
        """Return an excerpt of a source of a piece, float32 [samples]; of several channels their mean.

        Args:
            number: The piece's.
            source: Of `SOURCES`.
            start: First sample in the piece, 0 or more.
            samples: How many; what lies behind the piece's end is zeros. None: up to its end.

        Raises:
            AudiolabError: The recording ends before the piece does, or is refused as `audiolab.datadir.audio` does.
        """
        name, length = self.ids[number], int(self.lengths[number])
        samples = max(0, length - start) if samples is None else samples
        first = int(self._places.arrays[0][number])
        recording = self._recording(name)
        entries, where = self._entries[source], f"{self.path}/{source}.scp: {name}"
        if recording not in entries:
            raise AudiolabError(f"{self.path}/segments: '{name}' is of '{recording}', which {source}.scp does not have")
        with open_audio(entries[recording], where=where) as audio:
            there = length_at(audio.samples, audio.rate, self.rate)
            if first + length > there + SEGMENT_SLACK * self.rate:
                raise AudiolabError(
                    f"{audio.where}: the piece ends at {(first + length) / self.rate:.3f} s, the recording at "
                    f"{there / self.rate:.3f} s; make the dir again"
                )
            count = max(0, min(start + samples, length, there - first) - start)
            found = excerpt_of(audio, self.rate, first + start, count, "mix") if count else np.zeros(0, np.float32)
        return np.pad(found, (0, samples - count))

    def fingerprint(self) -> str:
        """Return a SHA-256 of the pieces' ids, songs and lengths."""
        digest = hashlib.sha256(f"{self.rate}\n".encode())
        for name, song, length in zip(self.ids, self.songs, self.lengths.tolist()):
            digest.update(f"{name} {song} {length}\n".encode())
        return digest.hexdigest()

    def _recording(self, name: str) -> str:
        """Return the recording that a piece is of."""
        return name if self._segments is None else self._segments[name].split()[0]

    def _read_segments(self) -> list[np.ndarray]:
        """Return the pieces' first samples and lengths, int64 [N] each, by ``segments``."""
        segments = parse_segments(self._segments, self.path / "segments").values()
        times = np.array([(segment.start, segment.end) for segment in segments])
        first, stop = self._segments.by_id(np.rint(times * self.rate).astype(np.int64)).T
        return [np.ascontiguousarray(first), stop - first]

    def _read_lengths(self) -> list[np.ndarray]:
        """Return the same of whole recordings, by ``reco2header`` or the headers."""
        tables = [read_table(self.path / name) if (self.path / name).is_file() else {} for name in (TABLE, "wav.scp")]
        lengths = []
        for name in told(self.ids, "headers"):
            header = kept_header(tables[0], name, tables[1].get(name, ""))
            entry = self._entries["vocals"][name]
            found = (header or audio_info(entry, where=f"{self.path}/vocals.scp: {name}"))[:2]
            lengths.append(length_at(*found, self.rate))
        return [np.zeros(len(lengths), np.int64), np.array(lengths, np.int64)]


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
    valid_s: float | None = option(
        None, "length of the windows that validation takes side by side; null: window_s", "s"
    )
    augment: AugmentConfig = option(AugmentConfig)

    def __post_init__(self) -> None:
        if not self.train_dirs or not self.valid_dirs:
            raise ValueError("train_dirs and valid_dirs name at least one song dir each")
        if self.window_s <= 0 or (self.valid_s or 1) <= 0 or (self.epoch_windows or 1) < 1:
            raise ValueError("window_s, valid_s and epoch_windows must be positive")
        if not 0 <= self.random_mix <= 1:
            raise ValueError("random_mix must be within 0 and 1")
        if self.balance == "equal" and not self.pseudo_dirs:
            raise ValueError("balance is equal, but there are no pseudo_dirs")


class StemCrops(SystemDataset):
    """Windows of the two sources of songs; the mixture is their sum, which the system makes.

    Training: a window at a random place of a piece. With the probability ``random_mix`` the accompaniment is a window of
    a piece of another song, of any dir: songs of one id are one song wherever they are. Both sources are augmented
    (`audiolab.data.augmentation`). Windows in which a source is silent are taken as they are.

    Validation: windows side by side, the last of a piece filled with zeros; nothing is mixed anew or augmented.

    Args:
        config: Dirs and draws.
        part: ``"train"`` or ``"valid"``.

    Attributes:
        rate: In Hz.
        samples: Of a window.

    Raises:
        AudiolabError: A dir is no song dir; accompaniments are to be of other songs, and there is only one.
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
            self._open_pools([sum(len(each) for each in self.dirs[: len(config.train_dirs)])])
        else:
            lengths = np.concatenate([each.lengths for each in self.dirs])
            self._ends = Shared([np.cumsum(-(-lengths // self.samples))])

    def __len__(self) -> int:
        return self._pools.windows if self.train else int(self._ends.arrays[0][-1])

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

    def _open_pools(self, splits: list[int]) -> None:
        names = [song for each in self.dirs for song in each.songs]
        songs = np.unique(names, return_inverse=True)[1].astype(np.int32)
        pools = [songs] if self.config.balance == "union" else np.split(songs, splits)
        self._pools = SongPools(pools, self.config.epoch_windows)
        self._songs = Shared([songs])
        if self.config.random_mix > 0 and self._pools.single():
            which = "pseudo_dirs" if 1 in self._pools.single() else "train_dirs"
            raise AudiolabError(
                f"data_conf.random_mix is {self.config.random_mix:g}, but all pieces of data_conf.{which} are of one "
                "song (utt2song); add songs, or set random_mix to 0"
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
