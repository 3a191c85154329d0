"""How much audio a WAV file's header promises, which libsndfile does not tell when the file is shorter."""

from __future__ import annotations

import os
import struct
from typing import IO

UNKNOWN_LENGTHS = {0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000}
"""What programs that write WAV to a pipe put for a length they cannot know (ffmpeg, others, SoX)."""


def missing_bytes(file: IO[bytes]) -> int:
    """Return how many bytes of samples are missing at the end of a RIFF WAV file; 0 for any other format.

    Args:
        file: Open at the file's first byte, seekable; its position is kept.
    """
    begin = file.tell()
    end = file.seek(0, os.SEEK_END)
    try:
        file.seek(begin)
        head = file.read(12)
        if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return 0
        while len(chunk := file.read(8)) == 8:
            name, size = chunk[:4], struct.unpack("<I", chunk[4:])[0]
            if name == b"data":
                return 0 if size in UNKNOWN_LENGTHS else max(0, file.tell() + size - end)
            file.seek(size + size % 2, os.SEEK_CUR)
        return 0
    finally:
        file.seek(begin)
