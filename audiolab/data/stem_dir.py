"""A song dir: songs whose voice and accompaniment are known.

It is a data dir whose ``vocals.scp`` and ``accompaniment.scp`` name the two sources beside the mixture, ``wav.scp``.
Its utterances are pieces of songs (``segments``), and ``utt2song`` says of which song each one is.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from audiolab.datadir.audio import excerpt_of, length_at
from audiolab.datadir.audiofile import audio_info, open_audio
from audiolab.datadir.entry import parse_audio
from audiolab.datadir.fingerprint import files_fingerprint
from audiolab.datadir.headers import TABLE, kept_header
from audiolab.datadir.relations import SEGMENT_SLACK, parse_segments
from audiolab.datadir.shared import Shared
from audiolab.datadir.table import Ids, Table, read_table
from audiolab.errors import AudiolabError
from audiolab.waiting import told

SOURCES = ("vocals", "accompaniment")
"""The sources, in the order that separators give them."""

SAMPLED = 1024
"""Recordings of a source, spread evenly, of which a fingerprint is where there are more."""


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
        vocals = self._entries["vocals"]
        segmented = (self.path / "segments").is_file()
        self._segments: Table | None = read_table(self.path / "segments") if segmented else None
        self.ids: Ids = (vocals if self._segments is None else self._segments).ids
        if not self.ids:
            raise AudiolabError(f"{self.path}: no piece of a song in it; make the dir again")
        self._check_recordings()
        first = self._recording(self.ids[0])
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
        """The song of each piece, [len(ids)], made anew; without ``utt2song`` it is the id of the recording.

        Raises:
            AudiolabError: ``utt2song`` lacks a piece.
        """
        path = self.path / "utt2song"
        table = read_table(path) if path.is_file() else None
        if table is None:
            return [self._recording(name) for name in self.ids]
        lost = set(self.ids) - set(table)
        if lost:
            raise AudiolabError(
                f"{path}: no '{min(lost)}'; add its song, or remove the table where songs are recordings"
            )
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
        """Return a SHA-256 of pieces' ids, songs and places, what is taken of files, and these, wherever they lie.

        Of more than `SAMPLED` recordings of a source it is of so many, spread evenly; of a large one of pieces
        (`audiolab.datadir.fingerprint`).

        Raises:
            AudiolabError: A recording is gone.
        """
        digest = hashlib.sha256(f"{self.rate}\n".encode())
        for name, song, *place in zip(self.ids, self.songs, *map(np.ndarray.tolist, self._places.arrays)):
            digest.update(f"{name} {song} {place}\n".encode())
        for source, entries in self._entries.items():
            table = self.path / f"{source}.scp"
            names = entries.ids[:: -(-len(entries) // SAMPLED)]
            parts = [part for name in names for part in parse_audio(entries[name], f"{table}: {name}")]
            found = files_fingerprint(
                [part.source.path for part in parts if part.source.path], f"recordings of {table}"
            )
            if found is None:
                raise AudiolabError(f"{table}: a recording is gone; run utils/validate_data_dir.py, which names it")
            taken = [part._replace(source=part.source._replace(path="")) for part in parts]
            digest.update(f"{found} {taken}\n".encode())
        return digest.hexdigest()

    def _check_recordings(self) -> None:
        """Raise unless both sources have the recordings that pieces are of."""
        vocals, accompaniment = map(set, self._entries.values())
        odd = vocals ^ accompaniment
        if odd:
            raise AudiolabError(f"{self.path}: '{min(odd)}' is in only one of vocals.scp and accompaniment.scp")
        lost = {value.split()[0] for value in (self._segments or {}).values()} - vocals
        if lost:
            raise AudiolabError(f"{self.path}: segments names '{min(lost)}', which is not in vocals.scp")

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
