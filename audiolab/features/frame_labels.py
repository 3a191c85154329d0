"""Linguistic vectors a frame: those of phones, and where in its phone each frame is, in coarse coding (Zen's)."""

from __future__ import annotations

import numpy as np

POSITIONS = 4
"""Values that a frame has beside those of its phone: three of the place in it, and how long it is."""

_CENTRES = np.array([0.0, 0.5, 1.0])
_DEVIATION = 0.4


def frame_labels(vectors: np.ndarray, durations: np.ndarray) -> np.ndarray:
    """Return the vectors of the frames, float32 [T, D + 4].

    Behind the phone's own values are three that code the relative position (the frame's number in the phone, from 0, by
    the phone's frames): the densities there of normal distributions around 0, 0.5 and 1 with a deviation of 0.4. The
    last value is the phone's frames.

    Args:
        vectors: Of phones, [P, D].
        durations: Their frames, whole numbers of 0 or more, [P] or [P, 1], summing to T.
    """
    counts = np.asarray(durations).reshape(-1)
    if len(counts) != len(vectors):
        raise ValueError(f"{len(vectors)} phones have {len(counts)} durations")
    whole = np.rint(counts).astype(np.int64)
    if (whole != counts).any() or (whole < 0).any():
        raise ValueError("durations must be whole numbers of frames, 0 or more")
    frames, width = int(whole.sum()), vectors.shape[1]
    phone = np.repeat(np.arange(len(whole)), whole)
    place = np.arange(frames) - np.repeat(np.cumsum(whole) - whole, whole)
    position = (place / whole[phone])[:, None]
    labels = np.empty((frames, width + POSITIONS), np.float32)
    labels[:, :width] = vectors[phone]
    labels[:, width:-1] = np.exp(-0.5 * ((position - _CENTRES) / _DEVIATION) ** 2) / (_DEVIATION * np.sqrt(2 * np.pi))
    labels[:, -1] = whole[phone]
    return labels
