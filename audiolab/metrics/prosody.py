"""Distances between F0 contours of aligned frames."""

from __future__ import annotations

import numpy as np


def log_f0_rmse(reference: np.ndarray, other: np.ndarray) -> float:
    """Return the root mean square difference of ln F0 over the frames that are voiced in both.

    Args:
        reference: F0 of aligned frames in Hz, 0 where unvoiced, [T].
        other: The same, [T].

    Returns:
        Natural-log units (an octave is 0.693); NaN where no frame is voiced in both.
    """
    voiced = (reference > 0) & (other > 0)
    if not voiced.any():
        return float("nan")
    return float(np.sqrt(np.mean(np.log(reference[voiced] / other[voiced]) ** 2)))


def voicing_error(reference: np.ndarray, other: np.ndarray) -> float:
    """Return the share of aligned frames (0 to 1) that are voiced in one utterance only; F0 as in `log_f0_rmse`."""
    return float(np.mean((reference > 0) != (other > 0)))
