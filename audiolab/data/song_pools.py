"""Which pieces of songs an epoch has, and which piece of another song one is mixed with."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np

from audiolab.datadir.shared import Shared

_ORDER = 0x50465
"""Tells the order of pieces from the other draws of a run's seed."""


class SongPools:
    """Pools of pieces that epochs take from in turn; processes that get it by pickling share its memory.

    A pool's pieces come one after another in an order that is drawn anew each time all have come, from epoch to epoch
    without regard to where one ends. So each comes as often as any other of its pool, or once more.

    Args:
        pools: Of each pool the song of each piece as a number, int [n] with n ≥ 1; pools' pieces are numbered through.
        windows: Items of an epoch; None: as many as there are pieces.
    """

    def __init__(self, pools: Sequence[np.ndarray], windows: int | None = None) -> None:
        self.windows = sum(map(len, pools)) if windows is None else windows
        self._first = np.cumsum([0, *map(len, pools)])
        orders = [np.argsort(songs, kind="stable") for songs in pools]
        sort = [songs[order] for songs, order in zip(pools, orders)]
        self._arrays = Shared([np.ascontiguousarray(array, np.int32) for array in (*orders, *sort)])

    @property
    def count(self) -> int:
        """Number of pools."""
        return len(self._first) - 1

    def single(self) -> list[int]:
        """Return the pools of which all pieces are of one song."""
        return [pool for pool in range(self.count) if self._sorted(pool)[0] == self._sorted(pool)[-1]]

    def piece(self, seed: int, epoch: int, item: int) -> int:
        """Return the piece that an epoch's item is of; of several pools, items are of each in turn.

        Args:
            seed: What the orders follow from.
            epoch: From 0.
            item: From 0, below ``windows``.
        """
        pool = item % self.count
        of_pool = (self.windows - pool + self.count - 1) // self.count
        size = int(self._first[pool + 1] - self._first[pool])
        turn, place = divmod(epoch * of_pool + item // self.count, size)
        return int(self._first[pool] + _order(seed, pool, turn, size)[place])

    def other(self, song: int, generator: np.random.Generator) -> int:
        """Return a piece of any song but ``song``: of a pool, all of which are as likely, each such piece is.

        No pool may be `single`.
        """
        pool = int(generator.integers(self.count))
        songs = self._sorted(pool)
        begin, end = np.searchsorted(songs, np.array([song, song + 1], songs.dtype))
        place = int(generator.integers(len(songs) - (end - begin)))
        place += int(end - begin) if place >= begin else 0
        return int(self._first[pool] + self._arrays.arrays[pool][place])

    def _sorted(self, pool: int) -> np.ndarray:
        """Return the songs of a pool's pieces, in the order of their numbers."""
        return self._arrays.arrays[self.count + pool]


@functools.lru_cache(maxsize=8)
def _order(seed: int, pool: int, turn: int, size: int) -> np.ndarray:
    """Return the order in which a pool's pieces come for the time ``turn``, [size]."""
    return np.random.default_rng(np.random.SeedSequence((seed, _ORDER, pool, turn))).permutation(size)
