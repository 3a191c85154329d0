"""SPHERE (NIST): a header of text, as the corpora of the LDC have it."""

from __future__ import annotations

import re
from typing import IO

from audiolab.datadir.formats.layout import Layout, Unsound, extent, nothing

_LONGEST = 1 << 16
"""Bytes of a header; the usual is 1024."""


def layout(file: IO[bytes], size: int) -> Layout:
    """Return the layout of a SPHERE file of ``size`` bytes; raises `Unsound`."""
    file.seek(8)
    length = file.read(8).strip()
    if not length.isdigit() or not 16 < int(length) <= _LONGEST:
        raise Unsound("broken audio: its header does not tell its length; make the file again")
    begin = int(length)
    file.seek(0)
    header = file.read(begin)
    if len(header) < begin:
        raise Unsound("truncated: it ends within its header; get it again")
    fields = {name: int(value) for name, value in re.findall(rb"^(\w+) -i (\d{1,18})\s*$", header, re.MULTILINE)}
    unit = fields.get(b"channel_count", 1) * fields.get(b"sample_n_bytes", 0)
    if unit == 0:
        raise Unsound("no audio that can be read: its header does not tell the format; make the file again")
    count = fields.get(b"sample_count")
    end, _ = extent(file, begin, size, None if count is None else count * unit, unit, nothing)
    return Layout((end - begin) // unit, ((0, end),) if end < size else ())
