"""Kaldi's statistics for cepstral (or any features') mean and variance normalisation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def cmvn_stats(matrices: Iterable[np.ndarray]) -> np.ndarray:
    """Return the statistics of matrices [T_i, D]: float64 [2, D + 1].

    Row 0 has the sums and, last, the number of frames; row 1 the sums of squares and, last, 0.
    """
    stats: np.ndarray | None = None
    for matrix in matrices:
        values = np.asarray(matrix, np.float64)
        one = np.zeros((2, values.shape[1] + 1))
        one[0, :-1], one[0, -1] = values.sum(0), len(values)
        one[1, :-1] = (values**2).sum(0)
        stats = one if stats is None else stats + one
    if stats is None:
        raise ValueError("statistics of no matrix")
    return stats


def mean_and_deviation(stats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation, [D] each, of Kaldi's statistics [2, D + 1]."""
    count = stats[0, -1]
    mean = stats[0, :-1] / count
    return mean, np.sqrt(np.maximum(stats[1, :-1] / count - mean**2, 0))
