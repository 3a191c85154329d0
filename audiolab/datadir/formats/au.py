"""AU (Sun, NeXT): a header of numbers, and samples to the end."""

from __future__ import annotations

from typing import IO

from audiolab.datadir.formats.layout import Layout, Unsound, extent, nothing

_OPEN = 0xFFFFFFFF
"""The size of data whose length is not known, by the format's definition."""

_BYTES = {1: 1, 2: 1, 3: 2, 4: 3, 5: 4, 6: 4, 7: 8, 27: 1}
"""Of a sample, by encoding; others are of blocks."""


def layout(file: IO[bytes], size: int) -> Layout:
    """Return the layout of an AU file of ``size`` bytes, of either byte order; raises `Unsound`."""
    file.seek(0)
    head = file.read(24)
    if len(head) < 24:
        raise Unsound("truncated, or no audio: its header has no samples; get it again")
    order = "big" if head[:4] == b".snd" else "little"
    begin, stated, encoding, _, channels = (int.from_bytes(head[at : at + 4], order) for at in range(4, 24, 4))
    if not 24 <= begin <= size or channels == 0:
        raise Unsound("broken audio: its header does not tell where samples are; make the file again")
    unit = channels * _BYTES[encoding] if encoding in _BYTES else 1
    end, as_stated = extent(file, begin, size, None if stated == _OPEN else stated, unit, nothing)
    samples = (end - begin) // unit if encoding in _BYTES else None
    if as_stated:
        return Layout(samples)
    return Layout(samples, ((0, 8), _OPEN.to_bytes(4, order), (12, end)))
