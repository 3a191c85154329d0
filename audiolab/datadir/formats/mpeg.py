"""MPEG audio, layer III: its frames are counted, for a header that tells their number is often missing or wrong.

Without one, libmpg123 guesses the length from the bit rate of the first frame; so it is given one.
"""

from __future__ import annotations

import struct
from typing import IO, NamedTuple

from audiolab.datadir.formats.layout import Layout, Unsound

_BIT_RATES = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Of layer III in kbit/s by MPEG 1 and 2 (with 2.5) and index."""

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""By the header's two bits of the version."""

_FRAMES_FLAG = 1

_BEFORE = 24 * 1152
"""Samples of the frames in which one may have begun: it has up to 511 bytes in those before, of 24 bytes or more."""


class _Frame(NamedTuple):
    """A frame's header: its size in bytes, what must be alike in all frames, and where a Xing header would stand."""

    size: int
    kind: tuple[int, int, bool]
    xing: int


def layout(file: IO[bytes], size: int, begin: int = 0) -> Layout:
    """Return the layout of the MP3 that stands from byte ``begin`` to ``size``; raises `Unsound`."""
    runs, count = _scan(file, begin, size)
    if not count:
        raise Unsound("no audio that can be read: no frame of MPEG layer III; convert it to WAV")
    first = runs[0][0]
    file.seek(first)
    head = file.read(4)
    frame = _frame(head)
    info = head + file.read(frame.size - 4)
    if info[frame.xing : frame.xing + 4] not in (b"Xing", b"Info"):
        return Layout(None, (_info(head, count), *runs), before=_BEFORE)
    flags, promised = struct.unpack(">II", info[frame.xing + 4 : frame.xing + 12])
    if flags & _FRAMES_FLAG and promised > count - 1:
        raise Unsound(f"truncated: {count - 1} of {promised} MPEG frames; get it again")
    if not flags & _FRAMES_FLAG or promised < count - 1:  # no number, or several files one after another
        return Layout(None, (_info(head, count - 1), (first + frame.size, runs[0][1]), *runs[1:]), before=_BEFORE)
    return Layout(None, () if [(begin, size)] == runs and not begin else tuple(runs), before=_BEFORE)


def _scan(file: IO[bytes], at: int, size: int) -> tuple[list[tuple[int, int]], int]:
    """Return the ranges of a file that hold frames, and how many there are; tags before and behind are left out."""
    runs: list[tuple[int, int]] = []
    kind, count = None, 0
    while at < size:
        file.seek(at)
        head = file.read(10)
        frame = _frame(head)
        if frame is None:
            skipped = _tag_size(head)
            if not skipped and not _ends(file, at, size):
                raise Unsound(f"broken audio: no frame of MPEG layer III at byte {at}; make the file again")
            at = at + skipped if skipped else size
            continue
        if kind is not None and frame.kind != kind:
            raise Unsound(
                f"broken audio: the MPEG frame at byte {at} is of another kind than the first; make the file again"
            )
        if at + frame.size > size:
            raise Unsound(f"truncated: the last MPEG frame lacks {at + frame.size - size} bytes; get it again")
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + frame.size)
        else:
            runs.append((at, at + frame.size))
        kind, count, at = frame.kind, count + 1, at + frame.size
    return runs, count


def _frame(head: bytes) -> _Frame | None:
    """Return what the 4 bytes of a frame's header say; None where they are none of layer III."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, bit_rate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or bit_rate in (0, 15) or rate == 3:  # reserved; a bit rate of 0 leaves the size open
        return None
    hertz, mpeg1, mono = _RATES[version][rate], version == 3, head[3] >> 6 == 3
    kilobits = _BIT_RATES[1 if mpeg1 else 2][bit_rate]
    length = (144 if mpeg1 else 72) * kilobits * 1000 // hertz + (head[2] >> 1 & 1)
    side = (17 if mono else 32) if mpeg1 else (9 if mono else 17)
    return _Frame(length, (version, rate, mono), 4 + side)


def _info(head: bytes, count: int) -> bytes:
    """Return a Xing frame of the highest bit rate, which has room for it in any version, that counts ``count``."""
    header = bytes([head[0], head[1] | 1, 14 << 4 | head[2] & 0x0C, head[3]])
    frame = _frame(header)
    body = header.ljust(frame.xing, b"\0") + b"Xing" + struct.pack(">II", _FRAMES_FLAG, count)
    return body.ljust(frame.size, b"\0")


def _tag_size(head: bytes) -> int:
    """Return the size of the ID3v2 tag that begins so; 0 where none does."""
    if head[:3] != b"ID3" or len(head) < 10 or max(head[6:10]) > 127:
        return 0
    footer = 10 if head[5] & 0x10 else 0
    return 10 + footer + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0)))


def _ends(file: IO[bytes], at: int, size: int) -> bool:
    """Return whether only tags or zeros follow: ID3v1, APE, Lyrics3."""
    file.seek(at)
    rest = file.read(min(size - at, 1 << 20))
    tagged = rest.startswith((b"TAG", b"APETAGEX", b"LYRICSBEGIN"))
    return tagged or (len(rest) == size - at and not any(rest))


def after_tags(file: IO[bytes]) -> int:
    """Return the byte behind the ID3v2 tags with which a file begins; 0 without one."""
    at = 0
    while True:
        file.seek(at)
        size = _tag_size(file.read(10))
        if not size:
            return at
        at += size
