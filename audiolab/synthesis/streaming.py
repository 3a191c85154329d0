"""A signal that comes in blocks: cut into blocks, resampled, and brought to an exact length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

Blocks = Iterator[np.ndarray]
"""float32 arrays [n, channels], n ≥ 0, which together are the signal."""


def blocks_of(samples: np.ndarray, size: int = 1 << 18) -> Blocks:
    """Yield a signal [N] or [N, channels] as blocks [n, channels] of at most ``size`` samples."""
    wide = samples.reshape(len(samples), -1)
    for start in range(0, len(wide), size):
        yield wide[start : start + size]


def resampled(blocks: Iterable[np.ndarray], original: int, rate: int) -> Blocks:
    """Yield the signal at another rate (soxr, quality HQ), as if it had been resampled as a whole."""
    if original == rate:
        yield from blocks
        return
    stream = None
    for block in blocks:
        if stream is None:
            stream = soxr.ResampleStream(original, rate, block.shape[1], dtype="float32", quality="HQ")
            empty = block[:0]
        yield stream.resample_chunk(block, last=False)
    if stream is not None:
        yield stream.resample_chunk(empty, last=True)


class Counted:
    """Blocks that pass through, and how many samples have passed: ``length``."""

    def __init__(self, blocks: Iterable[np.ndarray]) -> None:
        self.length = 0
        self._blocks = blocks

    def __iter__(self) -> Blocks:
        for block in self._blocks:
            self.length += len(block)
            yield block


def as_long_as(blocks: Iterable[np.ndarray], counted: Counted) -> Blocks:
    """Yield ``blocks`` cut or filled with zeros to the length of what has passed through ``counted`` at the end.

    Resampling there and back may give a sample more or less than there was.
    """
    done = 0
    held = None
    for block in blocks:
        if held is not None:
            yield held
            done += len(held)
        held = block
    if held is not None:
        rest = counted.length - done
        yield np.pad(held[:rest], ((0, max(0, rest - len(held))), (0, 0)))
