"""Bootstrap intervals of means, of independent values or of values in clusters."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.errors import AudiolabError

LEAST = 5
"""Fewest clusters that give an interval. No resample leaves the range of the clusters' means, and the range of K
symmetric values misses their centre with probability 2^(1 - K): 12 % of times with four. Of normal values the interval
covers the mean 92 % of times with five, 94 % with twelve."""

_CHUNK = 4_000_000
"""Drawn values held in memory at once."""


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval, NaN where there is none, and the number of values it was taken over."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def half_width(self) -> float:
        """Half the interval's width, for tables that write ``mean ± half``."""
        return (self.high - self.low) / 2.0


def mean_interval(
    values: np.ndarray,
    generator: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
    resamples: int = 10_000,
) -> Interval:
    """Return the mean of ``values`` with its bootstrap interval.

    Clusters are drawn whole, with replacement, and a resample's mean is that of all values drawn (Davison & Hinkley
    1997, §3.8). The interval is the expanded percentile one (Hesterberg 2015): the percentiles are those that give
    normal means the width of Student's interval, for which the plain ones are too narrow where clusters are few.

    Args:
        values: Values, [N].
        generator: Source of the resamples.
        clusters: What each value belongs to, [N]; values of different clusters are independent. None: all are.
        level: Coverage of the interval.
        resamples: Number of bootstrap means.

    Returns:
        The interval; its ends are NaN with fewer than `LEAST` clusters.

    Raises:
        AudiolabError: There is no value, or one is not finite, or there is not one cluster a value.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise AudiolabError("bootstrap: needs one finite value or more")
    sums, counts = values, np.ones(len(values))
    if clusters is not None:
        sums, counts = _by_cluster(values, clusters)
    if len(sums) < LEAST:
        return Interval(float(values.mean()), float("nan"), float("nan"), len(values))
    from scipy.special import ndtr, stdtrit  # here, for light commands import this module and would wait for it

    tail = ndtr(np.sqrt(len(sums) / (len(sums) - 1)) * stdtrit(len(sums) - 1, (1.0 - level) / 2.0))
    low, high = np.quantile(_resampled(sums, counts, generator, resamples), [tail, 1.0 - tail])
    return Interval(float(values.mean()), float(low), float(high), len(values))


def _by_cluster(values: np.ndarray, clusters: Sequence[Hashable]) -> tuple[np.ndarray, np.ndarray]:
    """Return sum and number of the values of each cluster, [K] each."""
    if len(clusters) != len(values):
        raise AudiolabError(f"bootstrap: {len(clusters)} clusters of {len(values)} values")
    numbers = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
    labels = [numbers[cluster] for cluster in clusters]
    return np.bincount(labels, values), np.bincount(labels).astype(np.float64)


def _resampled(sums: np.ndarray, counts: np.ndarray, generator: np.random.Generator, resamples: int) -> np.ndarray:
    """Return the means of ``resamples`` draws of clusters."""
    rows = max(1, _CHUNK // len(sums))
    means = []
    for start in range(0, resamples, rows):
        drawn = generator.integers(len(sums), size=(min(rows, resamples - start), len(sums)))
        means.append(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    return np.concatenate(means)
