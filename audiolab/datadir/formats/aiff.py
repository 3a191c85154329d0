"""AIFF and AIFC: chunks in ``FORM``, numbers with the highest byte first."""

from __future__ import annotations

from typing import IO

from audiolab.datadir.formats.layout import Layout, Unsound, chunks, extent

_BITS = {b"NONE": None, b"sowt": None, b"twos": None, b"raw ": None, b"in24": 24, b"in32": 32, b"42ni": 24, b"23ni": 32}
_BITS |= {b"fl32": 32, b"FL32": 32, b"fl64": 64, b"FL64": 64, b"ulaw": 8, b"ULAW": 8, b"alaw": 8, b"ALAW": 8}
"""Bits of a sample by its coding; None: those that ``COMM`` tells. Other codings are of blocks."""


def layout(file: IO[bytes], size: int) -> Layout:
    """Return the layout of an AIFF file of ``size`` bytes; raises `Unsound`."""
    at, comm, sound = 12, b"", 0
    while size - at >= 8 and not (comm and sound):
        file.seek(at)
        head = file.read(8)
        name, length = head[:4], int.from_bytes(head[4:], "big")
        if name == b"COMM":
            comm = file.read(min(length, 22))
        elif name == b"SSND":
            sound = at
        at += 8 + length + length % 2
    if len(comm) < 18 or not sound:
        raise Unsound("truncated, or no audio: its header has no samples or no format; get it again")
    channels, counted, bits = (int.from_bytes(comm[a:b], "big") for a, b in ((0, 2), (2, 6), (6, 8)))
    coding = comm[18:22] or b"NONE"
    bits = _BITS.get(coding) or bits
    unit = channels * (-(-bits // 8)) if coding in _BITS else 1
    file.seek(sound + 4)
    length, offset = (int.from_bytes(file.read(4), "big") for _ in range(2))
    begin = sound + 16 + offset
    if unit == 0 or begin > size:
        raise Unsound("no audio that can be read: its header does not tell the format; make the file again")
    stated = None if length == 0 else length - 8 - offset
    if stated is not None and stated < 0:
        raise Unsound(f"broken audio: its samples have a size of {length} bytes; make the file again")
    end, as_stated = extent(file, begin, size, stated, unit, chunks("big"))
    samples = (end - begin) // unit if coding in _BITS else None
    if not as_stated:  # libsndfile takes a size of 0 for all that follows
        return Layout(samples, ((0, sound + 4), bytes(4), (sound + 8, end)))
    if samples is not None and samples != counted:
        raise Unsound(f"broken audio: its header counts {counted} samples, and bytes of {samples}; make the file again")
    return Layout(samples)
