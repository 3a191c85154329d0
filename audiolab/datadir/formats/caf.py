"""CAF (Apple's Core Audio Format): chunks with sizes of 64 bits."""

from __future__ import annotations

from typing import IO

from audiolab.datadir.formats.layout import Layout, Unsound, extent, head_at

_HEAD = 12
"""Bytes of a chunk's name and size."""

_EDITS = 4
"""Bytes before the samples in their chunk: how often the file was edited."""

_OPEN = -1
"""The size of data that go on to the end of the file, by the format's definition."""

_BY_SAMPLE = {b"lpcm", b"ulaw", b"alaw"}


def layout(file: IO[bytes], size: int) -> Layout:
    """Return the layout of a CAF file of ``size`` bytes; raises `Unsound`."""
    at, desc = 8, b""
    while True:
        head = head_at(file, at, _HEAD, size)
        length = int.from_bytes(head[4:], "big", signed=True)
        if head[:4] == b"data":
            break
        if length < 0:
            raise Unsound(f"broken audio: the chunk at byte {at} has a size of {length} bytes; make the file again")
        if head[:4] == b"desc":
            desc = file.read(min(length, 32))
        at += _HEAD + length
    coding, packet = desc[8:12], int.from_bytes(desc[16:20], "big")
    if len(desc) < 32 or (coding in _BY_SAMPLE and packet == 0):
        raise Unsound("no audio that can be read: its header does not tell the format; make the file again")
    unit = packet if coding in _BY_SAMPLE else 1
    begin = at + _HEAD + _EDITS
    if begin > size:
        raise Unsound("truncated, or no audio: its header has no samples; get it again")
    if length < _EDITS and length != _OPEN:
        raise Unsound(f"broken audio: its samples have a size of {length} bytes; make the file again")
    stated = None if length == _OPEN else length - _EDITS
    end, as_stated = extent(file, begin, size, stated, unit, _follows)
    samples = (end - begin) // unit if coding in _BY_SAMPLE else None
    if as_stated:
        return Layout(samples)
    return Layout(samples, ((0, at + 4), (end - begin + _EDITS).to_bytes(8, "big"), (at + _HEAD, end)))


def _follows(file: IO[bytes], at: int, size: int) -> bool:
    """Return whether only chunks stand from byte ``at`` to the end."""
    while size - at >= _HEAD:
        file.seek(at)
        length = int.from_bytes(file.read(_HEAD)[4:], "big", signed=True)
        if length < 0:
            return False
        at += _HEAD + length
    return at in (size - 1, size)  # libsndfile pads to an even size
