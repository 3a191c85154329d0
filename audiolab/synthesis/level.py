"""The level of audio that comes in blocks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from audiolab.synthesis.streaming import Blocks


class Level:
    """Mean and standard deviation of audio that comes in blocks, channel by channel."""

    def __init__(self) -> None:
        self._count, self._sum, self._square = 0, np.zeros(1), np.zeros(1)

    @classmethod
    def of(cls, blocks: Iterable[np.ndarray]) -> Level:
        """Return the level of a whole signal in blocks [n, channels]."""
        level = cls()
        for _ in level.watch(blocks):
            pass
        return level

    def watch(self, blocks: Iterable[np.ndarray]) -> Blocks:
        """Yield the blocks, and count them in."""
        for block in blocks:
            wide = np.asarray(block, dtype=np.float64)
            self._count += len(wide)
            self._sum = self._sum + wide.sum(0)
            self._square = self._square + np.square(wide).sum(0)
            yield block

    @property
    def mean(self) -> np.ndarray:
        """Of each channel, float64 [channels]."""
        return self._sum / max(self._count, 1)

    @property
    def deviation(self) -> np.ndarray:
        """Of each channel, float64 [channels]."""
        variance = self._square / max(self._count, 1) - np.square(self.mean)
        return np.sqrt(np.maximum(variance, 0))
