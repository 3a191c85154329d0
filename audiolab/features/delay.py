"""By how many samples a track of a performance lags behind the mix that it is a part of.

Where it may lie is told by the levels: the cross-correlation of the envelopes, which room, equaliser and codec leave
nearly as they are. Which sample it is, is told by the waveforms: their generalised cross-correlation with phase
transform (GCC-PHAT, Knapp & Carter 1976), whose peak is one sample wide whatever is sung or played.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import fft, signal

from audiolab.errors import AudiolabError

_FRAME_S = 0.01
"""Between two values of an envelope, s."""

_FADE_S = 0.1
"""At both ends, s: else two sounds that begin abruptly would have that in common."""

_PLACES = 5
"""Of the envelopes' correlation, so many of the highest maxima are places around which the waveforms are looked at."""

_AROUND_S = 0.03
"""How far from such a place the sample may be, s."""

_ELSEWHERE = 0.5
"""Factor on the waveforms' correlation elsewhere: where a loud voice hides the level of a track, its waveform tells."""

_SOFTEST = 1e-3
"""Of an envelope's largest value, what counts as no sound: −60 dB."""

_NOTHING = 1e-10
"""Of a cross-spectrum's largest magnitude, what is nothing but rounding: −100 dB in each of both."""

_WINDOW = 4096
"""Samples of the frames in which a part is told from the rest; longer than a codec's or an equaliser's response."""


class Delay(NamedTuple):
    """How a track lies to its mix.

    Attributes:
        samples: By which it lags: what the mix has at n, the track has at n + samples.
        confidence: How far the correlation's peak stands above the rest: over the root mean square of the correlation
            at all delays that could be. Sounds that have nothing in common reach about 5, for that many are compared.
    """

    samples: int
    confidence: float


def find_delay(track: np.ndarray, mix: np.ndarray, rate: int, longest: float = 2.0) -> Delay:
    """Return by how much a track lags behind a mix that has it in it, at any gain and polarity.

    Args:
        track: float [N].
        mix: float [M], at the same rate.
        rate: Hz.
        longest: The longest delay that is looked for, either way, s.

    Raises:
        AudiolabError: One of both is silent, or not longer than ``longest``.
    """
    for samples in (track, mix):
        if len(samples) <= longest * rate or not samples.any():
            raise AudiolabError(f"silent or not longer than the longest delay, {longest:g} s; it cannot be aligned")
    reach, hop = round(longest * rate), round(_FRAME_S * rate)
    track, mix = (_faded(samples, round(_FADE_S * rate)) for samples in (track, mix))
    peaks = np.abs(_correlation(track, mix, reach, phase_only=True))
    likely = _correlation(_envelope(track, hop), _envelope(mix, hop), reach // hop)
    near = _near(likely, reach, hop, round(_AROUND_S * rate))
    best = int(np.argmax(np.where(near, peaks, _ELSEWHERE * peaks)))
    return Delay(best - reach, float(peaks[best] / np.sqrt(np.mean(peaks**2))))


def without(mix: np.ndarray, track: np.ndarray, delay: int) -> np.ndarray:
    """Return what is in a mix beside a track: the mix less the track, filtered as comes nearest to the mix.

    What is left of two tracks tells how the other one lies, however much louder the first one is.

    Args:
        mix: float [N].
        track: float [M].
        delay: By how many samples the track lags behind the mix.

    Returns:
        float [N]. Where the track has ended or not begun, it is the mix.
    """
    spectra = [signal.stft(samples, nperseg=_WINDOW)[2] for samples in (mix, _moved(track, delay, len(mix)))]
    power = np.sum(np.abs(spectra[1]) ** 2, axis=1)
    gains = np.sum(spectra[0] * spectra[1].conj(), axis=1) / np.maximum(power, np.finfo(power.dtype).tiny)
    return signal.istft(spectra[0] - gains[:, None] * spectra[1], nperseg=_WINDOW)[1][: len(mix)]


def _correlation(one: np.ndarray, other: np.ndarray, reach: int, phase_only: bool = False) -> np.ndarray:
    """Return the cross-correlation for the delays −reach … reach of ``one`` behind ``other``, [2 reach + 1]."""
    length = fft.next_fast_len(len(one) + len(other), real=True)
    spectrum = fft.rfft(one, length) * fft.rfft(other, length).conj()
    if phase_only:
        magnitude = np.abs(spectrum)
        spectrum /= np.maximum(magnitude, _NOTHING * magnitude.max())
    found = fft.irfft(spectrum, length)
    return np.concatenate([found[length - reach :], found[: reach + 1]])


def _envelope(samples: np.ndarray, hop: int) -> np.ndarray:
    """Return the logarithm of the root mean square of each ``hop`` samples, without its mean."""
    frames = samples[: len(samples) // hop * hop].reshape(-1, hop)
    level = np.sqrt(np.mean(frames**2, axis=1))
    level = np.log(np.maximum(level, _SOFTEST * level.max()))
    return level - level.mean()


def _faded(samples: np.ndarray, fade: int) -> np.ndarray:
    """Return samples with a fade in and a fade out of a raised cosine."""
    rise = np.sin(np.linspace(0, np.pi / 2, min(fade, len(samples) // 2), endpoint=False, dtype=samples.dtype)) ** 2
    faded = samples.copy()
    faded[: len(rise)] *= rise
    faded[len(faded) - len(rise) :] *= rise[::-1]
    return faded


def _near(likely: np.ndarray, reach: int, hop: int, around: int) -> np.ndarray:
    """Return which of the delays −reach … reach are near one of the highest maxima of the envelopes' correlation."""
    maxima = signal.find_peaks(np.pad(likely, 1, constant_values=-np.inf))[0] - 1
    places = maxima[np.argsort(-likely[maxima], kind="stable")[:_PLACES]]
    middles = reach + (places - len(likely) // 2) * hop
    return np.any(np.abs(np.arange(2 * reach + 1) - middles[:, None]) <= around, axis=0)


def _moved(track: np.ndarray, delay: int, length: int) -> np.ndarray:
    """Return the track without its delay, with zeros where it has nothing, [length]."""
    moved = np.zeros(length, track.dtype)
    first, begin = max(delay, 0), max(-delay, 0)
    kept = track[first : first + length - begin]
    moved[begin : begin + len(kept)] = kept
    return moved
