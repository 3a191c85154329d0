"""Exact dynamic time warping of two feature sequences."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from audiolab.errors import AudiolabError

MAX_CELLS = 64_000_000
"""Largest cost matrix that is aligned: 8,000 × 8,000 frames (40 s at 5 ms), about 1.5 GB at its peak."""


def align(reference: np.ndarray, other: np.ndarray, max_cells: int = MAX_CELLS) -> np.ndarray:
    """Return the warping path with the smallest sum of Euclidean frame distances.

    Steps are (1, 1), (1, 0) and (0, 1), all without weights; both ends are tied. There is no band, so the optimum is
    the exact one (Sakoe & Chiba 1978, symmetric form P = 0, without slope weights).

    Args:
        reference: Frames, [T, D].
        other: Frames, [U, D].
        max_cells: Largest T · U; memory grows with it.

    Returns:
        Pairs of frame numbers (t, u) in order of time, [L, 2] with max(T, U) ≤ L < T + U.

    Raises:
        AudiolabError: One sequence is empty, the widths differ, or T · U is over ``max_cells``.
    """
    import librosa

    if reference.ndim != 2 or other.ndim != 2 or reference.shape[1] != other.shape[1]:
        raise AudiolabError(f"alignment: shapes {reference.shape} and {other.shape} are not [T, D] and [U, D]")
    frames, others = len(reference), len(other)
    if not frames or not others:
        raise AudiolabError("alignment: a sequence has no frames; look for a silent or empty recording")
    if frames * others > max_cells:
        raise AudiolabError(
            f"alignment: {frames} × {others} frames need more memory than is allowed ({max_cells} cells); "
            "cut the recordings into sentences"
        )
    cost = cdist(reference, other)
    if not np.isfinite(cost).all():
        raise AudiolabError("alignment: a frame holds NaN or infinity")
    _, path = librosa.sequence.dtw(C=cost)
    return np.ascontiguousarray(path[::-1])
