"""Audio that goes out as it comes: 16-bit little-endian PCM."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np

from audiolab.errors import AudiolabError

FULL_SCALE = 1 << 15
"""Of 16-bit PCM."""


def write_pcm(out: BinaryIO, block: np.ndarray) -> int:
    """Write a block, [n] or [n, channels] with full scale ±1, at once; return how many samples were clipped.

    Raises:
        AudiolabError: It cannot be written.
        BrokenPipeError: Nobody reads it any more.
    """
    scaled = np.rint(np.asarray(block, dtype=np.float64) * FULL_SCALE)
    held = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1)
    try:
        out.write(held.astype("<i2").tobytes())
        out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AudiolabError(f"cannot write to standard output: {error.strerror}") from error
    return int((np.abs(scaled) > FULL_SCALE).sum())
