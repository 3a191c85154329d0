"""Transposition of F0 with duration and spectral envelope kept."""

from __future__ import annotations

import numpy as np
import soxr

from audiolab.features.world import LEAST_RATE, analyse
from audiolab.features.worldlib import pyworld


def transpose(
    wave: np.ndarray, rate: int, ratio: float, floor: float = 71.0, ceiling: float = 800.0, hop_ms: float = 5.0
) -> np.ndarray:
    """Return a signal with its F0 times ``ratio``, as long as before.

    WORLD takes the signal apart, F0 is multiplied, envelope and aperiodicity stay, and WORLD puts it together again. A
    phase vocoder with resampling would keep more of the excitation, but moves the formants with F0 and loses some 5 dB
    of voiced speech to incoherent phases. The whole signal is held in memory. A rate below WORLD's lowest, 16 kHz, is
    raised to that in between.

    Args:
        wave: [N], mono.
        rate: Sample rate in Hz.
        ratio: 0.25 … 4; 2 is an octave up. 1 returns the signal itself.
        floor: Lowest F0 of the signal in Hz.
        ceiling: Highest F0 of the signal in Hz.
        hop_ms: Frame shift of WORLD in ms.

    Returns:
        Float32 [N]; the same for the same input.
    """
    if not 0.25 <= ratio <= 4:
        raise ValueError(f"ratio {ratio} is outside 0.25 … 4")
    samples = np.asarray(wave, np.float32)
    if ratio == 1:
        return samples
    if rate < LEAST_RATE:
        raised = soxr.resample(samples, rate, LEAST_RATE, quality="HQ")
        moved = soxr.resample(transpose(raised, LEAST_RATE, ratio, floor, ceiling, hop_ms), LEAST_RATE, rate)
    else:
        f0, spectrum, aperiodicity = analyse(samples, rate, hop_ms, floor, ceiling)
        moved = pyworld().synthesize(f0 * ratio, spectrum, aperiodicity, rate, hop_ms)
    moved = moved[: len(samples)]
    return np.pad(moved, (0, len(samples) - len(moved))).astype(np.float32)
