"""Percentile bootstrap intervals of means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolab.errors import AudiolabError

_CHUNK = 4_000_000
"""Drawn values held in memory at once."""


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval and the number of values it was taken over."""

    mean: float
    low: float
    high: float
    count: int

    @property
    def half_width(self) -> float:
        """Half the interval's width, for tables that write ``mean ± half``."""
        return (self.high - self.low) / 2.0


def mean_interval(
    values: np.ndarray, generator: np.random.Generator, level: float = 0.95, resamples: int = 10_000
) -> Interval:
    """Return the mean of ``values`` with its percentile bootstrap interval (Efron & Tibshirani 1993, ch. 13).

    Args:
        values: Independent values, [N].
        generator: Source of the resamples.
        level: Coverage of the interval.
        resamples: Number of bootstrap means.

    Raises:
        AudiolabError: There is no value, or one is not finite.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
        raise AudiolabError("bootstrap: needs one finite value or more")
    rows = max(1, _CHUNK // len(values))
    means = np.concatenate(
        [
            values[generator.integers(len(values), size=(min(rows, resamples - start), len(values)))].mean(axis=1)
            for start in range(0, resamples, rows)
        ]
    )
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return Interval(float(values.mean()), float(low), float(high), len(values))


def paired_difference(
    values: np.ndarray,
    baseline: np.ndarray,
    generator: np.random.Generator,
    level: float = 0.95,
    resamples: int = 10_000,
) -> Interval:
    """Return the mean of ``values - baseline`` (same items in the same order, [N]) with its bootstrap interval."""
    values, baseline = np.asarray(values), np.asarray(baseline)
    if values.shape != baseline.shape:
        raise AudiolabError(f"bootstrap: {len(values)} and {len(baseline)} values are no pairs")
    return mean_interval(values - baseline, generator, level, resamples)
