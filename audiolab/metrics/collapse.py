"""Has a converter collapsed: does its output no longer vary, or no longer depend on its input?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolab.metrics.spectral import spectral_shape

LEAST_VARIANCE = 0.1
"""Under a tenth of natural speech's variance over time there is no articulation left to hear; a constant envelope
gives 0.08 or so, not 0, since the estimate of the envelope itself varies."""

LEAST_DEPENDENCE = 0.2
"""A correlation under 0.2 explains less than 4 % of the variance: the output does not follow the input's phones."""

MOST_LENGTH_DIFFERENCE = 2
"""Frames by which a conversion that keeps the source's timing may differ from it in length."""


@dataclass(frozen=True)
class Collapse:
    """The two signs of collapse.

    Attributes:
        variance_ratio: Variance over time of the converted spectral shape over that of the target's natural speech,
            median over bands; 1 for natural speech, 0 for a constant envelope.
        dependence: Pearson correlation over time between the source's and the converted spectral shape, mean over
            bands; NaN where the two do not share their timing.
    """

    variance_ratio: float
    dependence: float


def is_collapsed(variance_ratio: float, dependence: float) -> bool:
    """Return whether one is under its threshold (`LEAST_VARIANCE`, `LEAST_DEPENDENCE`); NaN is under none."""
    return variance_ratio < LEAST_VARIANCE or dependence < LEAST_DEPENDENCE


def shape_variance(bands: np.ndarray) -> np.ndarray:
    """Return the variance over time of the spectral shape in each band (dB², [B]) of band levels (dB, [T, B])."""
    return spectral_shape(bands).var(axis=0)


def collapse(
    source: np.ndarray,
    converted: np.ndarray,
    target_variance: np.ndarray,
    source_frames: np.ndarray | None = None,
    converted_frames: np.ndarray | None = None,
) -> Collapse:
    """Return the signs of collapse of one converted utterance.

    Both are measured on the spectral shape (each frame's mean over bands removed): a generator that holds the energy
    of its input, as with SoftGAN's energy loss, follows the source's loudness even when its envelope is constant.

    Args:
        source: Band levels of the source utterance, dB, [T, B].
        converted: Those of the conversion, [U, B], frame-synchronous with the source where the system keeps timing.
        target_variance: `shape_variance` of the target's natural speech, [B].
        source_frames: Numbers of the frames of speech in the source, used for the dependence; None takes all.
        converted_frames: Those in the conversion, used for the variance; None takes all.
    """
    spoken = converted if converted_frames is None else converted[converted_frames]
    ratio = np.median(shape_variance(spoken) / target_variance)
    if abs(len(source) - len(converted)) > MOST_LENGTH_DIFFERENCE:
        return Collapse(float(ratio), float("nan"))
    frames = np.arange(len(source)) if source_frames is None else source_frames
    frames = frames[frames < min(len(source), len(converted))]
    return Collapse(float(ratio), _correlation(spectral_shape(source[frames]), spectral_shape(converted[frames])))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Mean over columns of Pearson's correlation over rows; a column without variance correlates with nothing."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    scale = np.sqrt((a**2).sum(axis=0) * (b**2).sum(axis=0))
    # Rounding leaves a trace of variance in a constant column, so the test for none is relative.
    varies = scale > 1e-9 * max(scale.max(initial=0.0), 1.0)
    return float(np.where(varies, (a * b).sum(axis=0) / np.where(varies, scale, 1.0), 0.0).mean())
