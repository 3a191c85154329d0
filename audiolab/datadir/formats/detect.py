"""Which format a file has, by its first bytes, and so how it is to be read."""

from __future__ import annotations

import os
from typing import IO

from audiolab.datadir.formats import aiff, au, caf, flac, mpeg, ogg, riff, sphere, w64
from audiolab.datadir.formats.layout import Layout, Unsound

KNOWN = "WAV (RIFF, RIFX, RF64), W64, FLAC, OGG, MP3, AIFF, AU, CAF and SPHERE"


def layout_of(file: IO[bytes]) -> Layout:
    """Return how a file is to be read.

    Args:
        file: Seekable; its position is not kept.

    Raises:
        Unsound: It is cut short, broken, or of a format of which nobody can tell whether it is whole.
    """
    size = file.seek(0, os.SEEK_END)
    begin = mpeg.after_tags(file)
    file.seek(begin)
    head = file.read(12)
    if head[:4] == b"fLaC":
        return flac.layout(file, size, begin)
    if begin or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"):
        return mpeg.layout(file, size, begin)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:] == b"WAVE":
        return riff.layout(file, size)
    if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
        return aiff.layout(file, size)
    for magic, reader in (
        (b"riff", w64), (b"OggS", ogg), (b".snd", au), (b"dns.", au), (b"caff", caf), (b"NIST", sphere)
    ):  # fmt: skip
        if head[:4] == magic:
            return reader.layout(file, size)
    raise Unsound(f"no audio that can be read: {KNOWN} are; convert it to one of them")
