"""What is changed about the sources of a song at random before they are mixed: their gain, pitch, bandwidth and colour.

All changes are made to a source by itself, so the mixture, which is the sum of the sources, needs none. They are drawn
first, since a shift of the pitch decides how much of a recording has to be read, and made afterwards:

1. pitch, by resampling: pitch and tempo change together, as a tape's do, without artefacts. With ``keep_tempo`` a phase
   vocoder stretches the excerpt first; that takes ten times as long, softens onsets and loses 2 dB of noise.
2. equaliser: peaking bands, the biquads of Bristow-Johnson's cookbook.
3. low-pass: Butterworth.
4. gain, which makes the ratio of the mixture. Nothing is clipped; samples are floats and may pass full scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its signal is loaded at the first use, and models in use have none
import soxr

from audiolab.config import option
from audiolab.errors import AudiolabError
from audiolab.synthesis.time_stretch import stretch


@dataclass
class AugmentConfig:
    """Probabilities and ranges; each source of each sample has draws of its own, uniform where nothing else is said."""

    gain_probability: float = option(1.0, "of another gain (dynamic mixing ratio)")
    gain_db: list[float] = option(lambda: [-6.0, 6.0], "range of the gain", "dB")
    pitch_probability: float = option(0.25, "of another pitch; sources of one song have it together")
    pitch_semitones: list[float] = option(lambda: [-2.0, 2.0], "range of the shift", "semitones")
    keep_tempo: bool = option(False, "shift the pitch by a phase vocoder, in place of playing faster or slower")
    lowpass_probability: float = option(0.25, "of a low-pass")
    lowpass_hz: list[float] = option(
        lambda: [3000.0, 8000.0], "range of its cut-off (-3 dB); from half of the rate on there is no filter", "Hz"
    )
    lowpass_order: int = option(4, "of the low-pass, which falls by 6 dB an octave for each")
    eq_probability: float = option(0.5, "of an equaliser")
    eq_bands: list[int] = option(lambda: [1, 3], "fewest and most bands of it")
    eq_db: list[float] = option(lambda: [-6.0, 6.0], "range of a band's gain at its centre", "dB")
    eq_hz: list[float] = option(lambda: [100.0, 6000.0], "range of the centres, uniform in the logarithm", "Hz")
    eq_q: list[float] = option(lambda: [0.5, 2.0], "range of the bands' quality factors, uniform in the logarithm")

    def __post_init__(self) -> None:
        for name in ("gain_db", "pitch_semitones", "lowpass_hz", "eq_bands", "eq_db", "eq_hz", "eq_q"):
            given = getattr(self, name)
            if len(given) != 2 or not -math.inf < given[0] <= given[1] < math.inf:
                raise ValueError(f"{name} are a lowest and a highest value, not {given}")
        for name in ("gain", "pitch", "lowpass", "eq"):
            if not 0 <= getattr(self, f"{name}_probability") <= 1:
                raise ValueError(f"{name}_probability must be within 0 and 1")
        if min(self.lowpass_hz[0], self.eq_hz[0], self.eq_q[0]) <= 0:
            raise ValueError("lowpass_hz, eq_hz and eq_q must be above 0")
        if self.eq_bands[0] < 1 or not 1 <= self.lowpass_order <= 16:
            raise ValueError("eq_bands must be at least 1, lowpass_order 1 to 16")
        if max(map(abs, self.pitch_semitones)) > 12:
            raise ValueError("pitch_semitones must be within -12 and 12")


@dataclass(frozen=True)
class Change:
    """What is done to one source.

    Attributes:
        gain: Factor.
        ratio: What its frequencies are multiplied by.
        sections: Filters as second-order sections, float64 [S, 6], one after the other; S may be 0.
    """

    gain: float
    ratio: float
    sections: np.ndarray


NOTHING = Change(1.0, 1.0, np.zeros((0, 6)))
"""The change that leaves a source as it is."""


class Augmentation:
    """Draws changes and makes them.

    Args:
        config: Probabilities and ranges.
        rate: Of the signals, in Hz.

    Raises:
        AudiolabError: A band of the equaliser may be centred above half of the rate.
    """

    def __init__(self, config: AugmentConfig, rate: int) -> None:
        self.config, self.rate = config, rate
        if config.eq_probability > 0 and config.eq_hz[1] >= rate / 2:
            raise AudiolabError(
                f"augment.eq_hz goes up to {config.eq_hz[1]:g} Hz, but at {rate} Hz there is nothing from "
                f"{rate / 2:g} Hz on; lower it"
            )

    def draw(self, generator: np.random.Generator, sources: int, together: bool) -> list[Change]:
        """Return a change for each source.

        Args:
            generator: What is drawn from; as often for all outcomes, so that what follows does not depend on them.
            sources: How many there are.
            together: Whether they are of one song, and have one shift of pitch.
        """
        config = self.config
        gains = _within(generator, config.gain_probability, config.gain_db, sources)
        shifts = _within(generator, config.pitch_probability, config.pitch_semitones, sources)
        cutoffs = _within(generator, config.lowpass_probability, config.lowpass_hz, sources)
        bands = self._bands(generator, sources)
        if together:
            shifts[:] = shifts[0]
        return [
            Change(
                1.0 if np.isnan(gain) else float(10 ** (gain / 20)),
                1.0 if np.isnan(shift) else float(2 ** (shift / 12)),
                np.concatenate([peaks, self._lowpass(cutoff)]),
            )
            for gain, shift, cutoff, peaks in zip(gains, shifts, cutoffs, bands)
        ]

    def needed(self, samples: int, change: Change) -> int:
        """Return how many samples of a recording an excerpt of ``samples`` is made of."""
        return samples if self.config.keep_tempo else needed(samples, change.ratio)

    def apply(self, wave: np.ndarray, samples: int, change: Change) -> np.ndarray:
        """Return a changed source, float32 [samples].

        Args:
            wave: float32, as many samples as `needed` says.
            samples: How many are wanted.
            change: What is done.
        """
        if change.ratio != 1.0:
            wave = shifted(wave, samples, change.ratio, self.config.keep_tempo)
        if len(change.sections):
            wave = scipy.signal.sosfilt(change.sections, wave)
        return np.asarray(wave * change.gain, np.float32)

    def _bands(self, generator: np.random.Generator, sources: int) -> list[np.ndarray]:
        """Return the sections of each source's equaliser, [S, 6]."""
        config, most = self.config, self.config.eq_bands[1]
        used = generator.random(sources) < config.eq_probability
        counts = np.where(used, generator.integers(config.eq_bands[0], most + 1, sources), 0)
        gains = generator.uniform(*config.eq_db, (sources, most))
        centres = np.exp(generator.uniform(*np.log(config.eq_hz), (sources, most)))
        quality = np.exp(generator.uniform(*np.log(config.eq_q), (sources, most)))
        sections = peaking(gains, centres, quality, self.rate)
        return [own[:count] for own, count in zip(sections, counts)]

    def _lowpass(self, cutoff: float) -> np.ndarray:
        """Return the sections of a low-pass; none for NaN, or where it would pass all that there is."""
        if not cutoff < self.rate / 2:
            return NOTHING.sections
        return scipy.signal.butter(self.config.lowpass_order, cutoff, fs=self.rate, output="sos")


def peaking(gain_db: np.ndarray, centre: np.ndarray, quality: np.ndarray, rate: int) -> np.ndarray:
    """Return peaking filters as second-order sections, float64 [..., 6] (b0 b1 b2 a0 a1 a2, a0 = 1).

    Args:
        gain_db: At the centre, in dB, [...]; 0 far from it.
        centre: In Hz, below half of the rate.
        quality: Centre by the width between the points of half the gain in dB.
        rate: In Hz.
    """
    amplitude = 10 ** (np.asarray(gain_db) / 40)
    angle = 2 * np.pi * np.asarray(centre) / rate
    alpha = np.sin(angle) / (2 * np.asarray(quality))
    middle = -2 * np.cos(angle)
    up, down = alpha * amplitude, alpha / amplitude
    sections = np.stack([1 + up, middle, 1 - up, 1 + down, middle, 1 - down], axis=-1)
    return sections / sections[..., 3:4]


def needed(samples: int, ratio: float) -> int:
    """Return how many samples `shifted` makes ``samples`` of where the tempo changes with the pitch."""
    return samples if ratio == 1.0 else math.ceil(samples * ratio) + 1


def shifted(wave: np.ndarray, samples: int, ratio: float, keep_tempo: bool = False) -> np.ndarray:
    """Return a signal with its frequencies times ``ratio``, float32 [samples].

    Args:
        wave: float32, [needed(samples, ratio)], or with ``keep_tempo`` [samples].
        samples: How many are wanted.
        ratio: Above 0; above 1 is higher.
        keep_tempo: Whether it is stretched by a phase vocoder first.
    """
    if keep_tempo:
        wave = stretch(wave, needed(samples, ratio))
    faster = soxr.resample(wave, ratio, 1.0, quality="HQ")
    return np.pad(faster, (0, max(0, samples - len(faster))))[:samples]


def _within(generator: np.random.Generator, probability: float, limits: Sequence[float], count: int) -> np.ndarray:
    """Return values drawn uniformly from a range, float64 [count], NaN where by the probability there is none."""
    used = generator.random(count) < probability
    return np.where(used, generator.uniform(*limits, count), np.nan)
