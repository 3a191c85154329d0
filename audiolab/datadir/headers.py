"""What the headers of a data dir's recordings say, kept in its table ``reco2header`` so that they are read once.

A line is ``<recording> <samples> <rate in Hz> <channels> <bytes of the file>``. It holds as long as the entry of
``wav.scp`` is a file, or a sum of whole files, of so many bytes together.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from typing import NamedTuple

from audiolab.datadir.audiofile import Recording, open_audio
from audiolab.datadir.combined import Combined
from audiolab.datadir.entry import Summand, parse_audio
from audiolab.datadir.source import Source

TABLE = "reco2header"

_LINE = re.compile(r"([1-9][0-9]{0,17}) ([1-9][0-9]{0,17}) ([1-9][0-9]{0,17}) ([0-9]{1,18})")


class Header(NamedTuple):
    """What is known of a recording without decoding it: samples of a channel, rate in Hz, channels, bytes of its files.

    ``size`` is 0 where the recording is no whole file and not made of some.
    """

    samples: int
    rate: int
    channels: int
    size: int

    def __str__(self) -> str:
        return " ".join(map(str, self))

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.samples / self.rate


def read_header(entry: str, where: str = "") -> Header:
    """Return the header of the recording that an entry of ``wav.scp`` names; raises as `audio_info`."""
    with open_audio(entry, where=where) as recording:
        recording.check()
        return header_of(recording, entry)


def header_of(recording: Recording | Combined, entry: str) -> Header:
    """Return the header of an open recording, the one that ``entry`` names."""
    return Header(recording.samples, recording.rate, recording.channels, _size(entry))


def parse_header(value: str) -> Header | None:
    """Return what a line of ``reco2header`` says behind the id; None where it is no header."""
    found = _LINE.fullmatch(value)
    return Header(*map(int, found.groups())) if found else None


def kept_header(table: Mapping[str, str], recording: str, entry: str) -> Header | None:
    """Return what ``reco2header`` says of a recording; None where the file at ``entry`` is another one, or gone."""
    header = parse_header(table.get(recording, ""))
    return header if header is not None and header.size and _size(entry) == header.size else None


def _size(entry: str) -> int:
    """Return the bytes of the regular files that an entry names, all of them whole; 0 for anything else.

    A part of a file is something else: another one, or the file, has as many bytes.
    """
    size = _bytes(entry)
    if size:
        return size
    parts = parse_audio(entry)
    sizes = [_bytes(part.source.path) if part == Summand(Source(part.source.path)) else 0 for part in parts]
    return sum(sizes) if all(sizes) else 0


def _bytes(path: str) -> int:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
