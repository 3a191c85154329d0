"""A folder of features, of which utterances and ranges of frames are read where they are asked for."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from audiolab.datadir.arkread import read_rows, read_shape
from audiolab.datadir.shared import Shared
from audiolab.datadir.table import Ids, Table, parse_count, read_table
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.features.cmvn import cmvn_stats
from audiolab.features.kinds import FeatureConfig, read_features
from audiolab.waiting import told

HASHED = 1 << 26
"""Bytes of features up to which a fingerprint is of all of them."""

_SAMPLED = 1024
"""Utterances, spread evenly, of which a fingerprint is where there are more bytes."""

_AGAIN = "make the features again (the recipe's stage 1)"


class FeatureDir:
    """A folder with ``feats.scp`` and ``features.yaml``, and where there are such ``utt2num_frames`` and ``utt2spk``.

    Opening reads tables and one matrix's header; without ``utt2num_frames`` all matrices' headers. No file stays open,
    and processes that get it by pickling share its tables with this one.

    Args:
        folder: The folder.
        streams: What a frame is to have, side by side: names of the features' own streams
            (`audiolab.features.kinds`), or of further tables in the folder, ``f0`` for ``f0.scp``, whose matrices have
            as many frames. None: all of ``feats.scp``.

    Attributes:
        folder: The folder.
        config: How the features were made.
        streams: Name -> width of each stream that is read, in order.
        width: Values of a frame, D.
        utterances: The ids in byte order; an utterance's number is its place in them.

    Raises:
        AudiolabError: A table is missing or broken, tables do not go together, there is no such stream, or none is
            asked for.
    """

    def __init__(self, folder: str | Path, streams: Sequence[str] | None = None) -> None:
        self.folder = Path(folder)
        self.config: FeatureConfig = read_features(self.folder / "features.yaml")
        self._tables: dict[str, Table] = {}
        self._feats = self._table("feats")
        self.utterances: Ids = self._feats.ids
        own = self.config.streams
        found = self._width("feats", self._feats)
        if found != sum(own.values()):
            raise AudiolabError(
                f"{self.folder}: its first matrix has {found} columns, features.yaml says {sum(own.values())}: {_AGAIN}"
            )
        if streams is not None and not streams:
            raise AudiolabError(
                f"{self.folder}: no stream is asked for; name some of {', '.join(own)}, or give None for all"
            )
        self._widths = {"feats": found}
        self._parts = [self._part(name) for name in (own if streams is None else streams)]
        self.streams = {name: columns.stop - columns.start for name, _, columns in self._parts}
        self.width = sum(self.streams.values())
        self._lengths = Shared((self._read_lengths(),))

    def __len__(self) -> int:
        return len(self.utterances)

    @property
    def lengths(self) -> np.ndarray:
        """Frames of each utterance, int32 [N]."""
        return self._lengths.arrays[0]

    def read(self, number: int, begin: int = 0, end: int | None = None) -> np.ndarray:
        """Return frames of an utterance, [T, D] float32, from its number; of plain archives these alone are read.

        Args:
            number: The utterance's, as of `utterances`.
            begin: The first frame, from 0.
            end: Behind the last one; None: the utterance's end.

        Raises:
            AudiolabError: It has no such frames; the archive is missing or broken, or is not as the tables say.
        """
        name, length = self.utterances[number], int(self.lengths[number])
        if not 0 <= begin <= (length if end is None else end) <= length:
            asked = f"frames {begin} to {'the end' if end is None else end} that are asked for"
            raise AudiolabError(f"{self.folder}: {name} has {length} frames, not the {asked}")
        rows = {table: self._rows(table, name, begin, end, length) for table in {table for _, table, _ in self._parts}}
        parts = [rows[table][:, columns] for _, table, columns in self._parts]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def matrices(self, numbers: Sequence[int] | np.ndarray | None = None) -> Iterator[np.ndarray]:
        """Yield whole utterances, [T, D] each: those of ``numbers``, or all."""
        for number in range(len(self)) if numbers is None else numbers:
            yield self.read(int(number))

    def statistics(self, numbers: Sequence[int] | np.ndarray | None = None) -> np.ndarray:
        """Return Kaldi's statistics [2, D + 1] of utterances (`audiolab.features.cmvn`), read once, one at a time."""
        count = len(self) if numbers is None else len(numbers)
        return cmvn_stats(told(self.matrices(numbers), "utterances' statistics", count))

    @functools.cached_property
    def speakers(self) -> list[str]:
        """The speakers of ``utt2spk``, sorted."""
        return sorted(set(read_table(self.folder / "utt2spk").values()))

    @functools.cached_property
    def speaker_of(self) -> np.ndarray:
        """Each utterance's speaker by its place in `speakers`, int32 [N].

        Raises:
            AudiolabError: ``utt2spk`` has other utterances than the features.
        """
        places = {name: place for place, name in enumerate(self.speakers)}
        return self._column("utt2spk", places.__getitem__)

    def of_speaker(self, speaker: str) -> np.ndarray:
        """Return the numbers of a speaker's utterances, int [n]; `AudiolabError` where there is none."""
        if speaker not in self.speakers:
            known = did_you_mean(speaker, self.speakers)
            raise AudiolabError(f"{self.folder}/utt2spk: no utterance of speaker '{speaker}'{known}")
        return np.flatnonzero(self.speaker_of == self.speakers.index(speaker))

    def check_goes_with(self, other: FeatureDir) -> None:
        """Raise `AudiolabError` unless ``other`` has the same utterances with as many frames each."""
        if self.utterances != other.utterances:
            lost = sorted(set(self.utterances) ^ set(other.utterances))[0]
            raise AudiolabError(
                f"{self.folder} and {other.folder}: '{lost}' is in one of them only; make both of one data dir"
            )
        wrong = np.flatnonzero(self.lengths != other.lengths)
        if len(wrong):
            number = int(wrong[0])
            raise AudiolabError(
                f"{self.utterances[number]} has {self.lengths[number]} frames in {self.folder} and "
                f"{other.lengths[number]} in {other.folder} ({len(wrong)} such); make both with one rate and shift"
            )

    def fingerprint(self, numbers: Sequence[int] | np.ndarray | None = None) -> str:
        """Return a SHA-256 of utterances' ids, lengths and values, wherever and in how many archives they lie.

        Values are all of them up to `HASHED` bytes; else those of some utterances, spread evenly.
        """
        numbers = np.arange(len(self)) if numbers is None else np.asarray(numbers)
        size = 4 * self.width * int(self.lengths[numbers].sum(dtype=np.int64))
        step = 1 if size <= HASHED else max(1, len(numbers) // _SAMPLED)
        digest = hashlib.sha256()
        for place, number in enumerate(numbers.tolist()):
            digest.update(f"{self.utterances[number]} {(self.width, int(self.lengths[number]))}".encode())
            if place % step == 0:
                digest.update(np.ascontiguousarray(self.read(number).T).tobytes())
        return digest.hexdigest()

    def _table(self, name: str) -> Table:
        """Return ``<name>.scp`` of the folder, read once."""
        if name not in self._tables:
            table = self._tables[name] = read_table(self.folder / f"{name}.scp")
            if not len(table):
                raise AudiolabError(f"{self.folder}/{name}.scp: no utterance; {_AGAIN}")
        return self._tables[name]

    def _column(self, name: str, number: Callable[[str], int]) -> np.ndarray:
        """Return what ``number`` makes of the values of a table of the folder, int32 [N] in the order of the ids."""
        table = read_table(self.folder / name)
        if list(table) != list(self._feats) and table.ids != self.utterances:
            lost = min(set(table) ^ set(self._feats))
            raise AudiolabError(
                f"{self.folder}: '{lost}' is in one of {name} and feats.scp without the other; {_AGAIN}"
            )
        return table.by_id(np.fromiter(map(number, table.values()), np.int32, len(table)))

    def _width(self, name: str, table: Table) -> int:
        """Return the columns of a table's first matrix."""
        utterance = next(iter(table))
        rows, _ = read_rows(table[utterance], 0, 0, where=f"{self.folder}/{name}.scp: {utterance}")
        return rows.shape[1]

    def _part(self, stream: str) -> tuple[str, str, slice]:
        """Return (name, table, columns there) of a stream."""
        begin = 0
        for name, width in self.config.streams.items():
            if name == stream:
                return stream, "feats", slice(begin, begin + width)
            begin += width
        if not (self.folder / f"{stream}.scp").is_file():
            there = {path.stem for path in self.folder.glob("*.scp")} - {"feats", "cmvn"}
            near = did_you_mean(stream, {*self.config.streams, *there})
            raise AudiolabError(f"{self.folder}: no stream '{stream}'{near}")
        self._widths[stream] = self._width(stream, self._table(stream))
        return stream, stream, slice(0, self._widths[stream])

    def _read_lengths(self) -> np.ndarray:
        """Return each utterance's frames from ``utt2num_frames``, or else from the matrices' headers."""
        path = self.folder / "utt2num_frames"
        if path.is_file():
            return self._column(path.name, functools.partial(_count, path))
        where = f"{self.folder}/feats.scp"
        entries = told(self._feats.items(), "headers", len(self))
        shapes = (read_shape(entry, where=f"{where}: {name}") for name, entry in entries)
        return self._feats.by_id(np.fromiter((shape[0] for shape in shapes), np.int32, len(self)))

    def _rows(self, table: str, name: str, begin: int, end: int | None, length: int) -> np.ndarray:
        where = f"{self.folder}/{table}.scp: {name}"
        entries = self._table(table)
        if name not in entries:
            raise AudiolabError(f"{self.folder}/{table}.scp: no entry for '{name}'; {_AGAIN}")
        rows, there = read_rows(entries[name], begin, end, where=where)
        if (there, rows.shape[1]) != (length, self._widths[table]):
            shape, expected = (there, rows.shape[1]), (length, self._widths[table])
            raise AudiolabError(f"{where}: its shape is {shape}, and {expected} was expected; {_AGAIN}")
        return np.asarray(rows, np.float32)


def _count(path: Path, value: str) -> int:
    count = parse_count(value)
    if count is None or not 0 < count < 1 << 31:
        raise AudiolabError(f"{path}: '{value}' is no number of frames; {_AGAIN}")
    return count
