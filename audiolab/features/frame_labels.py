"""Linguistic vectors of phones as vectors of frames, with the frame's place in its phone."""

from __future__ import annotations

import numpy as np

POSITIONS = 4
"""Columns that are added: three of the place in the phone, and the phone's duration."""

_CENTRES = np.array([0.0, 0.5, 1.0])
_DEVIATION = 0.4


def frame_labels(vectors: np.ndarray, durations: np.ndarray) -> np.ndarray:
    """Return vectors of frames, [T, D + 4] float32.

    Each phone's vector stands in all of its frames. Behind it are three coarse-coded positions, the densities of normal
    distributions at 0, 0.5 and 1 of the phone with a deviation of 0.4, at the frame's place from 0 to below 1; and the
    phone's duration in frames.

    Args:
        vectors: Of the phones, [P, D].
        durations: Their frames, whole numbers from 0, [P], T in all.
    """
    counts = np.asarray(durations).astype(np.int64)
    phones = np.repeat(np.arange(len(counts)), counts)
    begins = np.cumsum(counts) - counts
    places = (np.arange(len(phones)) - begins[phones]) / counts[phones]
    bumps = np.exp(-0.5 * ((places[:, None] - _CENTRES) / _DEVIATION) ** 2) / (_DEVIATION * np.sqrt(2 * np.pi))
    return np.concatenate([np.asarray(vectors)[phones], bumps, counts[phones, None]], axis=1).astype(np.float32)
