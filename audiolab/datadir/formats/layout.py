"""What a file's own bytes say of its samples: how many there must be, and what a decoder has to be given to read all.

libsndfile believes some headers and the end of the file otherwise: it reads a truncated file to its end without a word,
and stops where a header's count of 32 bits has run over.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO, Literal, NamedTuple

Piece = bytes | tuple[int, int]
"""Bytes as they are, or (begin, end) of a range of the file."""

Follows = Callable[[IO[bytes], int, int], bool]
"""Of a file, a byte and the file's size: whether what stands from there to the end is no samples."""

PIPED = (0x7F000000, 0x7FFF0000, 0x7FFFF000, 0x7FFFFF00, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
"""Sizes that programs which write to a pipe put for one that they cannot know (SoX, GStreamer, SoX and eSpeak, arecord,
LAME and opusdec, arecord, ffmpeg and others), give or take a header, and rounded to whole samples; so is 0."""

WRAP = 1 << 32
"""Sizes of 32 bits are counted modulo this in files that are longer."""

_ODDS = 128
"""Bytes by which a size in a header may differ from one of `PIPED`: the header itself."""

_TAIL = 1 << 16
"""Bytes at the end of a file in which chunks behind samples of unknown length are looked for."""

_NAMES = re.compile(rb"LIST|id3 |ID3 |bext|JUNK|PAD |cue |PEAK|fact|iXML|smpl|inst|DISP|afsp|ANNO|NAME|AUTH|COMT|MARK")
"""Chunks that stand behind samples in RIFF and AIFF."""


class Unsound(Exception):
    """Why not all of a recording's samples can be read; a message without the file's name."""


class Layout(NamedTuple):
    """How a recording is to be read.

    Attributes:
        samples: How many each channel has; None where only the decoder can tell, and counts all.
        pieces: What the decoder is to read in the file's place; none: the file as it is.
        exact: Up to which sample the decoder finds its place; None: everywhere.
        before: How many samples the decoder has to decode before a place that it goes to.
        whole: Whether this was checked; otherwise only reading all of it tells.
        finish: Looks at what takes long, for who reads all samples; raises `Unsound`.
    """

    samples: int | None = None
    pieces: tuple[Piece, ...] = ()
    exact: int | None = None
    before: int = 0
    whole: bool = True
    finish: Callable[[], None] = lambda: None


class Extent(NamedTuple):
    """Where samples end, and whether the header says so (or leaves it open, or has counted modulo 2³²)."""

    end: int
    stated: bool


def is_open(stated: int, there: int, unit: int) -> bool:
    """Return whether a size in a header stands for one that was not known; ``there`` bytes follow in the file."""
    if stated == 0:
        return there > 0
    return stated > there and any(abs(stated - size) <= max(unit, _ODDS) for size in PIPED)


def extent(file: IO[bytes], begin: int, size: int, stated: int | None, unit: int, follows: Follows) -> Extent:
    """Return where the samples end that begin at byte ``begin``.

    Args:
        file: Seekable.
        begin: Of the samples.
        size: Of the file.
        stated: Bytes of samples that the header counts; None where it leaves that open.
        unit: Bytes of one sample of all channels, or of one block.
        follows: Tells whether what stands from a byte to the end is no samples, but what the format has behind them.

    Raises:
        Unsound: The file is shorter, or longer by something that is neither chunks nor a multiple of 2³².
    """
    there = size - begin
    if stated == 0 and follows(file, begin, size):
        return Extent(begin, True)
    if stated is None or is_open(stated, there, unit):
        end = _tail(file, begin, size, follows)
        odd = (end - begin) % unit
        if odd and not (odd == 1 and (end - begin - odd) % 2):  # a chunk's padding
            raise Unsound(f"truncated: ends {odd} bytes into a sample of {unit}; get it again")
        return Extent(end - odd, False)
    if stated > there:
        raise truncated(stated - there)
    for end in range(begin + stated, size + 1, WRAP):
        if follows(file, end, size):
            return Extent(end, end == begin + stated)
    raise Unsound(
        f"{there - stated} bytes behind the samples that its header counts; make the file again (over 4 GiB in W64, "
        "RF64 or FLAC)"
    )


def head_at(file: IO[bytes], at: int, count: int, size: int) -> bytes:
    """Return the ``count`` bytes of a chunk's head at byte ``at``; raises `Unsound` where the file ends before."""
    if at + count > size:
        raise Unsound("truncated, or no audio: its header has no samples; get it again")
    file.seek(at)
    return file.read(count)


def nothing(file: IO[bytes], at: int, size: int) -> bool:
    """Return whether the file ends at byte ``at``."""
    return at == size


def chunks(endian: Literal["little", "big"]) -> Follows:
    """Return what tells whether only chunks of RIFF or IFF, their padding and an ID3v1 tag follow."""

    def follows(file: IO[bytes], at: int, size: int) -> bool:
        first = at
        while size - at > 1:
            file.seek(at)
            head = file.read(9)
            if size - at == 128 and head.startswith(b"TAG"):
                return True
            if head[0] == 0 and at % 2 and at == first:  # padding of the samples
                head, at = head[1:], at + 1
            if len(head) < 8 or not (head[:4].isascii() and head[:4].decode().isprintable()):
                return False
            at += 8 + int.from_bytes(head[4:8], endian)
            at += at % 2 if at + 1 <= size else 0
        return at <= size

    return follows


def truncated(missing: int) -> Unsound:
    """Return the error for a file that lacks so many bytes."""
    return Unsound(f"truncated: {missing} bytes fewer than its header promises; get it again")


def _tail(file: IO[bytes], begin: int, size: int, follows: Follows) -> int:
    """Return where chunks begin that reach to the end of the file exactly; the end where there are none."""
    start = max(begin, size - _TAIL)
    file.seek(start)
    for match in _NAMES.finditer(file.read(_TAIL)):
        if follows(file, start + match.start(), size):
            return start + match.start()
    return size
