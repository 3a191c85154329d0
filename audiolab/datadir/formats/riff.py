"""WAV: RIFF, RIFX and RF64 (EBU Tech 3306), with PCM, floats or one of the many codecs behind its ``fmt`` chunk."""

from __future__ import annotations

from typing import IO, Literal

from audiolab.datadir.formats import mpeg
from audiolab.datadir.formats.layout import Layout, Unsound, chunks, extent, head_at

Endian = Literal["little", "big"]

MPEG_LAYER_3 = 0x55

_BY_SAMPLE = {1, 3, 6, 7}
"""Format tags whose blocks are single samples: PCM, floats, A-law and µ-law."""

_EXTENSIBLE = 0xFFFE

_FILLED = 0xFFFFFFFF
"""The size of RF64's data chunk, whose true size stands in ``ds64``."""


def layout(file: IO[bytes], size: int) -> Layout:
    """Return the layout of a WAV file of ``size`` bytes; raises `Unsound`."""
    file.seek(0)
    magic = file.read(4)
    endian: Endian = "big" if magic == b"RIFX" else "little"
    chunk = {b"ds64": b"", b"fmt ": b"", b"fact": b""}
    at = 12
    while True:
        head = head_at(file, at, 8, size)
        name, length = head[:4], int.from_bytes(head[4:], endian)
        if name == b"data":
            return _of_data(file, size, at, length, chunk, endian)
        if not name.isascii() or not name.decode().isprintable():
            raise Unsound(f"broken audio: no chunk at byte {at}; make the file again")
        if name in chunk:
            chunk[name] = file.read(min(length, 40))
        at += 8 + length + length % 2


def _of_data(file: IO[bytes], size: int, at: int, length: int, chunk: dict[bytes, bytes], endian: Endian) -> Layout:
    fmt = chunk[b"fmt "]
    if len(fmt) < 16:
        raise Unsound("no audio that can be read: its header does not tell the format; make the file again")
    tag, unit = (int.from_bytes(fmt[place : place + 2], endian) for place in (0, 12))
    if tag == _EXTENSIBLE and len(fmt) >= 26:
        tag = int.from_bytes(fmt[24:26], endian)
    if unit == 0:
        raise Unsound("no audio that can be read: its header counts 0 bytes a sample; make the file again")
    stated: int | None = length
    if chunk[b"ds64"] and length == _FILLED:
        stated = int.from_bytes(chunk[b"ds64"][8:16], "little")
        stated = None if stated >= 1 << 63 else stated
    end, as_stated = extent(file, at + 8, size, stated, unit, chunks(endian))
    if tag == MPEG_LAYER_3:
        return mpeg.layout(file, end, at + 8)
    samples = (end - at - 8) // unit if tag in _BY_SAMPLE else None
    if as_stated:
        return Layout(samples)
    if chunk[b"ds64"]:
        whole = (end - at - 8).to_bytes(8, "little")
        return Layout(samples, ((0, 28), whole, (36, at + 4), _FILLED.to_bytes(4, "little"), (at + 8, end)))
    # libsndfile takes these two sizes for a file that was not closed, and reads all that follows, over 4 GiB too
    return Layout(samples, ((0, 4), (8).to_bytes(4, endian), (8, at + 4), bytes(4), (at + 8, end)))
