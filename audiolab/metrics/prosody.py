"""Melody and rhythm: distances between F0 contours of aligned frames, and what a conversion keeps of its source's."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, sosfiltfilt

RHYTHM_BAND = (700.0, 1300.0)
"""Hz; the energy of vowels, without F0 and fricatives."""

RHYTHM_HZ = 10.0
"""What is slower than this in the band's envelope is the rhythm of syllables and feet."""

_LEAST_VOICED = 3


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


def f0_correlation(source: np.ndarray, other: np.ndarray) -> float:
    """Return Pearson's correlation of ln F0 over the frames that are voiced in both, -1 to 1.

    D. J. Hermes, "Measuring the perceptual similarity of pitch contours", Journal of Speech, Language, and Hearing
    Research 41, 1998: of the measures compared there, the correlation is nearest to phoneticians' ratings. A factor on
    F0, as between two voices, changes nothing.

    Args:
        source: F0 of frames at the same times in Hz, 0 where unvoiced, [T].
        other: The same, [T].

    Returns:
        NaN where fewer than three frames are voiced in both, or one contour is flat.
    """
    voiced = (source > 0) & (other > 0)
    return _correlation(*np.log(np.stack([source, other])[:, voiced])) if voiced.sum() >= _LEAST_VOICED else np.nan


def rhythm(wave: np.ndarray, rate: int, hop_ms: float, frames: int) -> np.ndarray:
    """Return the envelope of the vowels' energy at frames' centres, [frames].

    S. Tilsen and K. Johnson, "Low-frequency Fourier analysis of speech rhythm", Journal of the Acoustical Society of
    America 124, 2008: band-pass of first order from 700 to 1300 Hz, magnitude, low-pass of fourth order at 10 Hz. Both
    are run forward and backward here, so that nothing is late.

    Args:
        wave: One channel, [N].
        rate: Its rate in Hz.
        hop_ms: Shift from frame to frame; the first one's centre is the first sample.
        frames: How many.
    """
    band, low = butter(1, RHYTHM_BAND, "bandpass", fs=rate, output="sos"), butter(4, RHYTHM_HZ, fs=rate, output="sos")
    padded = np.pad(np.asarray(wave, np.float64), rate // 10)  # in which the filters begin and end
    slow = sosfiltfilt(low, np.abs(sosfiltfilt(band, padded)))[rate // 10 :]
    return slow[np.minimum(np.round(np.arange(frames) * hop_ms * rate / 1000).astype(int), len(slow) - 1)]


def rhythm_correlation(source: np.ndarray, other: np.ndarray) -> float:
    """Return Pearson's correlation of two `rhythm` envelopes at the same times, [T] each; NaN where one is flat."""
    return _correlation(source, other)


def _correlation(first: np.ndarray, other: np.ndarray) -> float:
    first, other = first - first.mean(), other - other.mean()
    scale = np.sqrt((first**2).sum() * (other**2).sum())
    return float((first * other).sum() / scale) if scale > 1e-12 else np.nan
