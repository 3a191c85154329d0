"""Mel scales and triangular filter banks. Loads nothing heavy."""

from __future__ import annotations

from typing import Literal

import numpy as np

from audiolab.errors import AudiolabError

Scale = Literal["htk", "slaney"]
Norm = Literal["sum", "energy"]

_SLANEY_STEP = 200 / 3  # Hz a mel below 1 kHz
_SLANEY_KNEE = 15.0  # mel at 1 kHz, where the scale turns logarithmic
_SLANEY_LOG = np.log(6.4) / 27


def hz_to_mel(frequency: np.ndarray | float, scale: Scale = "htk") -> np.ndarray:
    """Return mel of Hz: ``2595 log10(1 + f / 700)`` (HTK), or Slaney's, which is linear below 1 kHz."""
    frequency = np.asarray(frequency, np.float64)
    if scale == "htk":
        return 2595 * np.log10(1 + frequency / 700)
    above = _SLANEY_KNEE + np.log(np.maximum(frequency, 1000) / 1000) / _SLANEY_LOG
    return np.where(frequency < 1000, frequency / _SLANEY_STEP, above)


def mel_to_hz(mel: np.ndarray | float, scale: Scale = "htk") -> np.ndarray:
    """Return Hz of mel; the inverse of `hz_to_mel`."""
    mel = np.asarray(mel, np.float64)
    if scale == "htk":
        return 700 * (10 ** (mel / 2595) - 1)
    above = 1000 * np.exp(_SLANEY_LOG * np.maximum(mel - _SLANEY_KNEE, 0))
    return np.where(mel < _SLANEY_KNEE, mel * _SLANEY_STEP, above)


def mel_edges(n_mels: int, low_hz: float, high_hz: float, scale: Scale = "htk") -> np.ndarray:
    """Return the n_mels + 2 corners of the triangles in Hz, evenly spaced in mel."""
    low, high = hz_to_mel(low_hz, scale), hz_to_mel(high_hz, scale)
    return mel_to_hz(np.linspace(low, high, n_mels + 2), scale)


def mel_centres(n_mels: int, low_hz: float, high_hz: float, scale: Scale = "htk") -> np.ndarray:
    """Return the frequencies [n_mels] in Hz at which the triangles peak."""
    return mel_edges(n_mels, low_hz, high_hz, scale)[1:-1]


def mel_filters(
    rate: int,
    n_fft: int,
    n_mels: int = 32,
    low_hz: float = 0.0,
    high_hz: float = 8000.0,
    scale: Scale = "htk",
    norm: Norm = "sum",
) -> np.ndarray:
    """Return a bank of triangular filters, each weight the mean of the triangle over the width of its bin.

    Averaging over the bin in place of sampling at its centre leaves no filter empty, however narrow it is.

    Args:
        rate: Sample rate in Hz.
        n_fft: FFT length.
        n_mels: Number of filters.
        low_hz: Lower corner of the first triangle.
        high_hz: Upper corner of the last triangle, at most rate / 2.
        scale: The mel scale.
        norm: ``"sum"``: Σw = 1, a filter gives a weighted mean of the amplitude; ``"energy"``: Σw² = 1.

    Returns:
        Float64 [n_mels, n_fft // 2 + 1], to be applied to amplitudes.

    Raises:
        AudiolabError: The band is empty or reaches beyond rate / 2.
    """
    if not 0 <= low_hz < high_hz <= rate / 2 or n_mels < 1:
        raise AudiolabError(
            f"mel filters: {n_mels} bands from {low_hz:g} to {high_hz:g} Hz do not lie within 0 … {rate / 2:g} Hz; "
            "give 0 <= low < high <= rate / 2 and one band or more"
        )
    left, centre, right = (mel_edges(n_mels, low_hz, high_hz, scale)[i : i + n_mels, None] for i in range(3))
    width = rate / n_fft
    borders = (np.arange(n_fft // 2 + 2) - 0.5) * width
    rise = np.clip((borders - left) / (centre - left), 0, 1)
    fall = np.clip((right - borders) / (right - centre), 0, 1)
    area = rise**2 * (centre - left) / 2 + (1 - fall**2) * (right - centre) / 2
    weights = np.diff(area) / width
    total = weights.sum(1) if norm == "sum" else np.sqrt((weights**2).sum(1))
    return weights / total[:, None]


def sampled_filters(rate: int, n_fft: int, n_mels: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Return librosa's default bank: Slaney's mel scale, triangles of area 1 Hz, sampled at the bins' centres.

    Args:
        rate: Sample rate in Hz.
        n_fft: FFT length.
        n_mels: Number of filters.
        low_hz: Lower corner of the first triangle.
        high_hz: Upper corner of the last triangle.

    Returns:
        Float64 [n_mels, n_fft // 2 + 1], to be applied to magnitudes.

    Raises:
        AudiolabError: A triangle is so narrow that no bin lies in it.
    """
    left, centre, right = (mel_edges(n_mels, low_hz, high_hz, "slaney")[i : i + n_mels, None] for i in range(3))
    bins = np.arange(n_fft // 2 + 1) * rate / n_fft
    heights = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clip(min=0)
    empty = np.flatnonzero(~heights.any(axis=1))
    if len(empty):
        raise AudiolabError(
            f"mel filters: no frequency of an FFT of {n_fft} at {rate} Hz lies in band {empty[0] + 1} of {n_mels}: "
            "give fewer bands or a longer FFT"
        )
    return heights * 2 / (right - left)
