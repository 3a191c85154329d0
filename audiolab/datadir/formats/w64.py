"""W64 (Sony): RIFF's chunks with names of 16 bytes and sizes of 64 bits, which count themselves."""

from __future__ import annotations

from typing import IO

from audiolab.datadir.formats.layout import Layout, Unsound, extent, head_at

_HEAD = 24
"""Bytes of a chunk's name and size."""

_KIND = bytes.fromhex("f3acd3118cd100c04f8edb8a")
"""How the names of most chunks end; before it stand RIFF's four letters."""

_BY_SAMPLE = {1, 3, 6, 7, 0xFFFE}
"""Format tags whose blocks are single samples."""


def layout(file: IO[bytes], size: int) -> Layout:
    """Return the layout of a W64 file of ``size`` bytes; raises `Unsound`."""
    at, fmt = 40, b""
    while True:
        head = head_at(file, at, _HEAD, size)
        length = int.from_bytes(head[16:], "little")
        if head[:16] == b"data" + _KIND:
            break
        if length < _HEAD:
            raise Unsound(f"broken audio: the chunk at byte {at} has a size of {length} bytes; make the file again")
        if head[:16] == b"fmt " + _KIND:
            fmt = file.read(min(length - _HEAD, 16))
        at += length + -length % 8
    unit, tag = int.from_bytes(fmt[12:14], "little"), int.from_bytes(fmt[:2], "little")
    if unit == 0:
        raise Unsound("no audio that can be read: its header does not tell the format; make the file again")
    stated = None if length == 0 or length >= 1 << 62 else length - _HEAD
    if stated is not None and stated < 0:
        raise Unsound(f"broken audio: its samples have a size of {length} bytes; make the file again")
    end, as_stated = extent(file, at + _HEAD, size, stated, unit, _follows)
    samples = (end - at - _HEAD) // unit if tag in _BY_SAMPLE else None
    if as_stated:
        return Layout(samples)
    sizes = [(number).to_bytes(8, "little") for number in (end, end - at)]
    return Layout(samples, ((0, 16), sizes[0], (24, at + 16), sizes[1], (at + _HEAD, end)))


def _follows(file: IO[bytes], at: int, size: int) -> bool:
    """Return whether only padding to 8 bytes and chunks stand from byte ``at`` to the end."""
    file.seek(at)
    pad = file.read(min(-at % 8, size - at))
    at += len(pad)
    while size - at >= _HEAD and not any(pad):
        file.seek(at)
        length = int.from_bytes(file.read(_HEAD)[16:], "little")
        if length < _HEAD:
            return False
        at += length if at + length == size else length + -length % 8
    return at == size and not any(pad)
