"""Modulation spectra of mel-cepstral trajectories: over-smoothed speech lacks the fast modulations."""

from __future__ import annotations

import numpy as np
from scipy.signal import welch

from audiolab.errors import AudiolabError

SEGMENT = 128
"""Frames in a segment: 0.64 s at 5 ms, a resolution of 1.6 Hz."""

FLOOR = 1e-12
"""Power (squared cepstral unit per Hz) under which all modulation counts as none: -120 dB."""


def modulation_spectrum(cepstra: np.ndarray, frame_rate: float, highest: float = 50.0) -> np.ndarray:
    """Return the log modulation spectrum of one utterance, in dB.

    As Takamichi, Toda, Black & Nakamura (ICASSP 2015) the modulation spectrum is the log power spectrum of each
    coefficient's trajectory without its mean. The power is averaged over half-overlapping Hann segments of `SEGMENT`
    frames (Welch), so that utterances of any duration are compared on one frequency axis and with little variance.

    Args:
        cepstra: Mel-cepstra with c0 in the first column, [T, D + 1]; from the first frame of speech to the last.
        frame_rate: Frames per second.
        highest: Highest modulation frequency kept, in Hz. That of 0 Hz is left out.

    Returns:
        dB, [F, D].

    Raises:
        AudiolabError: The utterance is shorter than one segment.
    """
    if len(cepstra) < SEGMENT:
        raise AudiolabError(f"modulation spectrum: {len(cepstra)} frames are fewer than one segment ({SEGMENT})")
    rate, power = welch(cepstra[:, 1:], fs=frame_rate, window="hann", nperseg=SEGMENT, detrend="constant", axis=0)
    kept = (rate > 0) & (rate <= highest)
    return 10.0 * np.log10(np.maximum(power[kept], FLOOR))


def modulation_spectrum_distance(natural: np.ndarray, other: np.ndarray) -> float:
    """Return the root mean square difference of two log modulation spectra over frequencies and coefficients, in dB.

    Args:
        natural: `modulation_spectrum` of natural speech, averaged (in dB) over utterances of the target, [F, D].
        other: That of the speech which is judged, [F, D].
    """
    return float(np.sqrt(np.mean((natural - other) ** 2)))
