"""Ogg (RFC 3533): whether its pages are all there, in order, up to the one that is marked as the last."""

from __future__ import annotations

import struct
from typing import IO

from audiolab.datadir.formats.layout import Layout, Unsound

_HEAD = struct.Struct("<4sBBqIIIB")
_FIRST, _LAST = 2, 4
"""Flags of a page."""


def layout(file: IO[bytes], size: int) -> Layout:
    """Return the layout of an Ogg file of one stream (Vorbis or Opus); raises `Unsound`."""
    at, flags, places, previous = 0, 0, [0, 0], None
    while at < size:
        file.seek(at)
        head = file.read(_HEAD.size)
        lacing = file.read(head[-1]) if len(head) == _HEAD.size else b""
        if len(head) < _HEAD.size or len(lacing) < head[-1]:
            raise Unsound("truncated: it ends within the header of a page; get it again")
        magic, _, flags, place, stream, number, _, _ = _HEAD.unpack(head)
        if magic != b"OggS":
            raise Unsound(f"broken audio: no page of Ogg at byte {at}; make the file again")
        if previous is not None and (flags & _FIRST or stream != previous[0]):
            raise Unsound("several streams in one Ogg file; make it one, or convert it to WAV")
        if previous is not None and number != previous[1] + 1:
            raise Unsound(f"truncated: pages of Ogg are missing at byte {at}; get it again")
        previous = stream, number
        at += len(head) + len(lacing) + sum(lacing)
        if place >= 0:
            places = [places[-1], place]
    if at > size:
        raise Unsound(f"truncated: {at - size} bytes of the last page are missing; get it again")
    if not flags & _LAST:
        raise Unsound("truncated: no page is marked as the last; get it again")
    return Layout(exact=places[0])
