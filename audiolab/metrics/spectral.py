"""Distances between the spectral envelopes of aligned frames."""

from __future__ import annotations

import numpy as np


def log_spectral_distance(reference: np.ndarray, other: np.ndarray, remove_level: bool = True) -> float:
    """Return the log-spectral distance of aligned frames, in dB.

    ``mean_t sqrt(mean_b (R[t, b] − O[t, b])²)`` over frames t and mel bands b.

    Args:
        reference: Band levels in dB, [T, B].
        other: Band levels of the frames aligned with them, in dB, [T, B].
        remove_level: First take from each of the two its mean over all frames and bands, so that how loud an utterance
            was recorded has no part in the distance.
    """
    difference = reference - other
    if remove_level:
        difference = difference - difference.mean()
    return float(np.sqrt(np.mean(difference**2, axis=1)).mean())


def spectral_shape(bands: np.ndarray) -> np.ndarray:
    """Return band levels (dB, [T, B]) without each frame's mean over bands: the shape of the envelope alone."""
    return bands - bands.mean(axis=1, keepdims=True)
