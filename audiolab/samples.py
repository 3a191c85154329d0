"""What samples and sampling rates can be audio; beyond, something was misread or miscast."""

from __future__ import annotations

import numbers

import numpy as np

from audiolab.errors import AudiolabError

RATES = (1000, 1_000_000)
"""Hz; a rate outside is a mistake, and resampling from it or to it would fill the memory."""

LOUDEST = 100.0
"""Full scale is 1; over 40 dB above it are no floats of audio, but most likely integers that were cast."""

SILENT_PEAK = 2 / 32768
"""Full scale; a peak of two steps of 16 bit around the mean is dither, not speech."""


def check_rate(rate: float) -> None:
    """Raise `AudiolabError` where a rate is no number of Hz within `RATES`."""
    if not isinstance(rate, numbers.Real) or not RATES[0] <= rate <= RATES[1]:
        raise AudiolabError(f"a rate of {rate!r} Hz: give the audio's own, {RATES[0]} to {RATES[1]} Hz")


def fault_of(samples: np.ndarray) -> tuple[int, str] | None:
    """Return the number of the first sample that cannot be audio and what it is; None where all can.

    Args:
        samples: Floats, [n] or [n, channels].
    """
    magnitude = np.abs(samples[:, None] if samples.ndim == 1 else samples)
    bad = ~(magnitude <= LOUDEST).all(axis=1)  # NaN is not smaller than anything
    if not bad.any():
        return None
    place = int(bad.argmax())
    if not np.isfinite(magnitude[place]).all():
        return place, "NaN or infinite"
    return place, f"{magnitude[place].max():.4g} times full scale; give floats within ±1 (16 bit: divide by 32768)"


def is_silent(samples: np.ndarray) -> bool:
    """Return whether no channel of [n] or [n, channels] goes further than `SILENT_PEAK` from its middle.

    A constant offset is no sound, however large it is.
    """
    return bool((np.ptp(samples, axis=0) / 2 <= SILENT_PEAK).all())
