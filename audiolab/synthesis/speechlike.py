"""Signals that are like speech, with everything known about them: for tests and benchmarks, without recordings."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

_FORMANTS = ((700, 1200, 2600, 3500), (300, 2200, 3000, 3700), (450, 800, 2500, 3400), (500, 1700, 2500, 3500))
"""Hz, roughly a, i, o, e."""
_BANDWIDTHS = (80, 100, 150, 250)


def glottal_pulses(f0: np.ndarray, rate: int) -> np.ndarray:
    """Return unit pulses [N] at the periods of an F0 contour [N] in Hz (no pulse where it is 0)."""
    periods = np.floor(np.cumsum(f0) / rate)
    return np.diff(periods, prepend=0.0)


def formant_filter(excitation: np.ndarray, formants: tuple[int, ...], rate: int) -> np.ndarray:
    """Return the excitation through a cascade of resonators at ``formants`` (Hz), those below half the rate."""
    for frequency, bandwidth in zip(formants, _BANDWIDTHS):
        if frequency < rate / 2:
            radius = np.exp(-np.pi * bandwidth / rate)
            denominator = [1, -2 * radius * np.cos(2 * np.pi * frequency / rate), radius**2]
            excitation = lfilter([sum(denominator)], denominator, excitation)
    return excitation


def speech_like(seconds: float, rate: int, median_f0: float, generator: np.random.Generator) -> np.ndarray:
    """Return vowels of changing formants and F0, fricative noise and pauses, in turns of 60 to 240 ms.

    Args:
        seconds: Duration.
        rate: Sample rate in Hz.
        median_f0: Hz; F0 moves within about ± 20 % of it.
        generator: Source of all that is random.

    Returns:
        Float64 [N], peak 0.5.
    """
    samples = round(seconds * rate)
    parts, made = [], 0
    while made < samples:
        length = int(generator.integers(int(0.06 * rate), int(0.24 * rate)))
        kind = generator.choice(["vowel", "fricative", "pause"], p=[0.7, 0.2, 0.1])
        noise = generator.standard_normal(length)
        if kind == "vowel":
            ends = median_f0 * 2 ** generator.uniform(-0.25, 0.25, 2)
            source = glottal_pulses(np.linspace(*ends, length), rate) + 0.003 * noise
            formants = _FORMANTS[generator.integers(len(_FORMANTS))]
            part = formant_filter(lfilter([1], [1, -0.95], source), formants, rate)
        else:
            part = lfilter([1, -0.9], [1], noise) * (0.05 if kind == "fricative" else 0.0003)
        parts.append(part * np.hanning(length) ** 0.25 / max(1e-9, abs(part).max() if kind == "vowel" else 1.0))
        made += length
    wave = np.concatenate(parts)[:samples]
    return 0.5 * wave / abs(wave).max()
