"""Aperiodicity in a few bands, in dB, and back to all frequencies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

_LEAST = 1e-6
"""Amplitude ratio (-120 dB) below which aperiodicity is taken for that."""


def to_bands(aperiodicity: np.ndarray, rate: int, edges_hz: Sequence[float]) -> np.ndarray:
    """Return the mean of aperiodicity in dB within each band.

    Args:
        aperiodicity: [..., F], amplitude ratio in 0 … 1, F frequencies from 0 to rate / 2.
        rate: Sample rate in Hz.
        edges_hz: [B + 1], rising; a frequency on an edge belongs to the band above it, the last edge to the last band.

    Returns:
        [..., B] in dB, at most 0.

    Raises:
        ValueError: No frequency lies in a band.
    """
    check_bands(rate, edges_hz, aperiodicity.shape[-1])
    frequencies = np.linspace(0, rate / 2, aperiodicity.shape[-1])
    within = (frequencies >= np.asarray(edges_hz[:-1])[:, None]) & (frequencies < np.asarray(edges_hz[1:])[:, None])
    within[-1] |= frequencies == edges_hz[-1]
    level = 20 * np.log10(np.maximum(aperiodicity, _LEAST))
    return level @ (within / within.sum(1, keepdims=True)).T


def check_bands(rate: int, edges_hz: Sequence[float], bins: int) -> None:
    """Raise ValueError where none of ``bins`` frequencies from 0 to rate / 2 lies in a band; edges as `to_bands`'."""
    step = rate / 2 / (bins - 1)
    for low, high in pairwise(edges_hz):
        first = math.ceil(low / step) * step
        if first > high or (first == high != edges_hz[-1]):
            raise ValueError(
                f"no frequency of WORLD's spectra, {step:.4g} Hz apart, lies between {low:g} and {high:g} Hz; widen "
                "bands_hz"
            )


def from_bands(bands: np.ndarray, rate: int, edges_hz: Sequence[float], bins: int) -> np.ndarray:
    """Return aperiodicity at all frequencies: in dB, linear between the bands' centres and held beyond the outer ones.

    Args:
        bands: [..., B] in dB; what lies over 0 dB is taken for 0.
        rate: Sample rate in Hz.
        edges_hz: [B + 1], as `to_bands` had them.
        bins: Number of frequencies F, from 0 to rate / 2.

    Returns:
        [..., F], amplitude ratio, over 0 and at most 1.
    """
    edges = np.asarray(edges_hz, np.float64)
    centres = (edges[:-1] + edges[1:]) / 2
    weights = np.stack([np.interp(np.linspace(0, rate / 2, bins), centres, unit) for unit in np.eye(len(centres))])
    return 10 ** (np.minimum(bands @ weights, 0) / 20)
