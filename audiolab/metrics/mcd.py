"""Mel-cepstral distortion (MCD) and what it is measured on: the frames that hold speech."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.metrics.alignment import align

DECIBEL = 10.0 / np.log(10.0) * np.sqrt(2.0)
"""dB of one unit of Euclidean distance between mel-cepstra: c_m for m > 0 stands twice in the cosine series."""


@dataclass(frozen=True)
class Distortion:
    """An MCD and what it was measured on.

    Attributes:
        value: dB, mean over the path.
        frames: Frames of speech in the reference and in the other, before alignment.
        path: Pairs of frame numbers (reference, other) in the *whole* utterances, [L, 2].
    """

    value: float
    frames: tuple[int, int]
    path: np.ndarray


def frame_distortion(reference: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return ``(10 / ln 10) · sqrt(2 Σ_{d=1..D} (c_d − ĉ_d)²)`` of aligned frames, in dB.

    Args:
        reference: Mel-cepstra with c0 in the first column, [T, D + 1].
        other: The same, [T, D + 1].

    Returns:
        Distance of each frame, [T]; c0 (the level) has no part in it.
    """
    return DECIBEL * np.linalg.norm(reference[:, 1:] - other[:, 1:], axis=1)


def speech_frames(power: np.ndarray, range_db: float = 35.0) -> np.ndarray:
    """Return the numbers of the frames whose power is within ``range_db`` of the loudest frame's.

    Args:
        power: Power of each frame, linear, [T].
        range_db: Distance from the loudest that still counts as speech, in dB.

    Raises:
        AudiolabError: There is no frame, all are silent, or one is not finite.
    """
    if not len(power) or not np.isfinite(power).all() or power.max() <= 0:
        raise AudiolabError("speech frames: the recording is empty, silent or holds NaN")
    return np.flatnonzero(power >= power.max() * 10.0 ** (-range_db / 10.0))


def aligned_distortion(
    reference: np.ndarray,
    other: np.ndarray,
    reference_frames: np.ndarray | None = None,
    other_frames: np.ndarray | None = None,
) -> Distortion:
    """Return the MCD of two utterances of the same sentence, aligned by exact DTW on that distance.

    Args:
        reference: Mel-cepstra with c0 in the first column, [T, D + 1].
        other: The same, [U, D + 1].
        reference_frames: Numbers of the frames to use (`speech_frames`); None takes all.
        other_frames: The same for ``other``.
    """
    kept = np.arange(len(reference)) if reference_frames is None else reference_frames
    others = np.arange(len(other)) if other_frames is None else other_frames
    path = align(reference[kept, 1:], other[others, 1:])
    path = np.stack([kept[path[:, 0]], others[path[:, 1]]], axis=1)
    value = frame_distortion(reference[path[:, 0]], other[path[:, 1]]).mean()
    return Distortion(float(value), (len(kept), len(others)), path)
