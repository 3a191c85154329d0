"""FLAC (RFC 9639): whether its last frame is whole and is the one that the header's count of samples ends with.

So that a file cut short is found without decoding it; what is broken within, the decoder finds by the frames' CRCs.
Whether a second stream stands behind the first is looked for where all is read; one that is the first again, at once.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import IO

import numpy as np

from audiolab.datadir.formats.layout import Layout, Unsound

_SYNC = re.compile(rb"\xff[\xf8\xf9]", re.DOTALL)

_MARKER = b"fLaC"

_STREAM = re.compile(_MARKER + rb"[\0\x80]\0\0\x22", re.DOTALL)
"""How a stream begins: its marker and the head of its first block, which is 34 bytes long."""

_STREAM_BYTES = 7
"""One less than `_STREAM` has."""

_SEVERAL = "several FLAC streams in one file; make it one, or convert it to WAV"

_BLOCK = 1 << 20
"""Bytes that are searched at a time."""

_WINDOWS = (1 << 14, 1 << 24)
"""Bytes at the end in which the last frame is looked for; the second is as long as the longest that there can be."""

_BLOCK_SIZES = {
    1: 192,
    **{code: 576 << (code - 2) for code in range(2, 6)},
    **{c: 256 << (c - 8) for c in range(8, 16)},
}
_RATE_BYTES = {12: 1, 13: 2, 14: 2}


def layout(file: IO[bytes], size: int, begin: int = 0) -> Layout:
    """Return the layout of the FLAC stream that stands from byte ``begin`` to ``size``; raises `Unsound`."""
    file.seek(begin)
    head = file.read(42)
    if len(head) < 42 or head[4] & 0x7F:
        raise Unsound("truncated, or no audio: its header is not that of FLAC; get it again")
    fixed = int.from_bytes(head[10:12], "big")
    total = int.from_bytes(head[21:26], "big") & (1 << 36) - 1
    file.seek(begin + size // 2)
    if file.read(42) == head:  # the same file twice, with its tags, whose last frame tells the number of one
        raise Unsound(_SEVERAL)
    file.seek(max(begin, size - 128))
    if file.read(128).startswith(b"TAG"):  # ID3v1
        size -= 128
    stop = next((found for window in _WINDOWS if (found := _last(file, begin, size, window, fixed))), None)
    if stop is None:
        raise Unsound("truncated: it does not end with a whole frame; get it again")
    alone = partial(_check_alone, file, begin + len(_MARKER), size)
    if total and stop != total:
        alone()
        kind = "truncated" if stop < total else "broken audio"
        raise Unsound(f"{kind}: ends after {stop} of {total} samples; get it again")
    if total:
        return Layout(total, ((begin, size),) if begin else (), finish=alone)
    known = (int.from_bytes(head[21:26], "big") | stop).to_bytes(5, "big")
    return Layout(stop, ((begin, begin + 21), known, (begin + 26, size)), finish=alone)


def _check_alone(file: IO[bytes], begin: int, size: int) -> None:
    """Raise `Unsound` where another stream begins between two bytes, as ``cat`` leaves it: it would not be read."""
    file.seek(begin)
    at, rest = begin, b""
    while at < size and (block := file.read(min(_BLOCK, size - at))):
        if _STREAM.search(rest + block):
            raise Unsound(_SEVERAL)
        at, rest = at + len(block), block[-_STREAM_BYTES:]


def _last(file: IO[bytes], begin: int, size: int, window: int, fixed: int) -> int | None:
    """Return how many samples there are up to the end of the last frame, found whole in the last ``window`` bytes."""
    start = max(begin + 42, size - window)
    file.seek(start)
    data = file.read(size - start)
    for match in reversed(list(_SYNC.finditer(data))):
        stop = _parse(data[match.start() : match.start() + 16], fixed)
        if stop and _crc16(np.frombuffer(data, np.uint8, offset=match.start())) == 0:  # it covers its own value
            return stop
    return None


def _parse(head: bytes, fixed: int) -> int | None:
    """Return the number of the sample behind a frame; None where its header is none, by its form or its CRC."""
    if len(head) < 6 or head[3] & 1:
        return None
    code, ones = head[2] >> 4, f"{head[4]:08b}".find("0")
    if ones in (1, -1) or code == 0:
        return None
    number, at = head[4] & 0x7F >> ones, 4 + max(1, ones)
    for byte in head[5:at]:
        number = number << 6 | byte & 0x3F
    extra = {6: 1, 7: 2}.get(code, 0)
    block = int.from_bytes(head[at : at + extra], "big") + 1 if extra else _BLOCK_SIZES[code]
    at += extra + _RATE_BYTES.get(head[2] & 15, 0)
    if at >= len(head) or _crc8(head[:at]) != head[at]:
        return None
    return (number if head[1] & 1 else number * fixed) + block


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x107) if crc & 0x80 else crc << 1
    return crc


def _crc16(data: np.ndarray) -> int:
    """Return the CRC of bytes, uint8 [n], by x¹⁶ + x¹⁵ + x² + 1 from 0 on: neighbours are joined, log₂ n times."""
    rest = np.zeros(1 << (len(data) - 1).bit_length(), np.uint16)
    rest[len(rest) - len(data) :] = data  # zeros before it change nothing
    for level in range(len(rest).bit_length() - 1):
        low, high = _shifts(level)
        rest = low[rest[::2] & 0xFF] ^ high[rest[::2] >> 8] ^ rest[1::2]
    low, high = _shifts(0)
    for _ in range(2):  # times x^16
        rest = low[rest & 0xFF] ^ high[rest >> 8]
    return int(rest[0])


@lru_cache(maxsize=32)
def _shifts(level: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what a low and a high byte become, times x to the power of 8 · 2^level modulo the CRC's polynomial."""
    values = np.stack([np.arange(256, dtype=np.uint16), np.arange(256, dtype=np.uint16) << 8])
    if level == 0:
        for _ in range(8):
            values = np.where(values & 0x8000, values << 1 ^ np.uint16(0x8005), values << 1)
    else:
        low, high = _shifts(level - 1)
        for _ in range(2):
            values = low[values & 0xFF] ^ high[values >> 8]
    return values[0], values[1]
