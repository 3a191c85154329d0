"""Ogg (RFC 3533): whether its pages are all there, in order, up to the one that is marked as the last.

The decoder leaves a page out whose checksum is wrong. Within, that gives fewer samples than the last page counts, which
is told. Nobody would miss the first page with samples, or the last one, so these, and those before, are checked.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import IO

from audiolab.datadir.formats.layout import Layout, Unsound

_HEAD = struct.Struct("<4sBBqIIIB")
_FIRST, _LAST = 2, 4
"""Flags of a page."""

_BEFORE = 1 << 13
"""Samples of the longest block of Vorbis, with which the next overlaps."""

_CHECKSUM = 22
"""Byte of a page at which its checksum stands, of 4 bytes."""


def layout(file: IO[bytes], size: int) -> Layout:
    """Return the layout of an Ogg file of one stream (Vorbis or Opus); raises `Unsound`."""
    at, flags, places, previous, early = 0, 0, [0, 0], None, []
    while at < size:
        begin = file.seek(at)
        head = file.read(_HEAD.size)
        lacing = file.read(head[-1]) if len(head) == _HEAD.size else b""
        if len(head) < _HEAD.size or len(lacing) < head[-1]:
            raise Unsound("truncated: it ends within the header of a page; get it again")
        magic, _, flags, place, stream, number, _, _ = _HEAD.unpack(head)
        if magic != b"OggS":
            raise Unsound(f"broken audio: no page of Ogg at byte {at}; make the file again")
        if previous is not None and (flags & _FIRST or stream != previous[0]):
            raise Unsound("several streams in one Ogg file; make it one, or convert it to WAV")
        if previous is not None and number != previous[1] + 1:
            raise Unsound(f"truncated: pages of Ogg are missing at byte {at}; get it again")
        previous = stream, number
        at += len(head) + len(lacing) + sum(lacing)
        if places[-1] <= 0:
            early.append((begin, at))
        if place >= 0:
            places = [places[-1], place]
    if at > size:
        raise Unsound(f"truncated: {at - size} bytes of the last page are missing; get it again")
    if not flags & _LAST:
        raise Unsound("truncated: no page is marked as the last; get it again")
    for first, end in (*early, (begin, at)):
        file.seek(first)
        if not _is_sound(file.read(end - first)):
            raise Unsound(f"broken audio: the page of Ogg at byte {first} has changed; get it again")
    return Layout(exact=places[0], before=_BEFORE)


def _is_sound(page: bytes) -> bool:
    """Return whether a page has its checksum: by the polynomial of CRC-32, highest bit first, from 0 on."""
    table, crc = _table(), 0
    for byte in page[:_CHECKSUM] + bytes(4) + page[_CHECKSUM + 4 :]:
        crc = crc << 8 & 0xFFFFFFFF ^ table[crc >> 24 ^ byte]
    return crc == int.from_bytes(page[_CHECKSUM : _CHECKSUM + 4], "little")


@lru_cache(maxsize=1)
def _table() -> list[int]:
    table = []
    for crc in range(0, 1 << 32, 1 << 24):
        for _ in range(8):
            crc = crc << 1 ^ 0x104C11DB7 if crc & 1 << 31 else crc << 1
        table.append(crc)
    return table
