"""What synthetic noises are made of: noise of a given spectrum, slow changes of level, events on a time line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def shaped_noise(
    rng: np.random.Generator, samples: int, rate: int, spectrum: Sequence[tuple[float, float]]
) -> np.ndarray:
    """Return Gaussian noise, float64 [samples], RMS 1, of a long-term spectrum.

    Args:
        rng: Draws the noise.
        samples: How long.
        rate: Sampling rate, Hz.
        spectrum: Points (Hz, dB) in rising order; between them level goes straight over the logarithm of frequency.
    """
    bins = np.fft.rfftfreq(samples, 1 / rate)
    hertz, level = np.array(spectrum, dtype=float).T
    gain = 10 ** (np.interp(np.log(np.maximum(bins, 1.0)), np.log(hertz), level) / 20)
    gain[0] = 0
    wave = np.fft.irfft(np.fft.rfft(rng.standard_normal(samples)) * gain, samples)
    return wave / np.sqrt(np.mean(wave**2))


def slow_level(rng: np.random.Generator, samples: int, rate: int, depth: float, seconds: float) -> np.ndarray:
    """Return gains [samples] that wander within ± ``depth`` dB, from a new value to the next in ``seconds``."""
    knots = np.arange(0, samples + 2 * seconds * rate, seconds * rate)
    return 10 ** (np.interp(np.arange(samples), knots, rng.uniform(-depth, depth, len(knots))) / 20)


def decay(rate: int, seconds: float, attack: float = 0.001) -> np.ndarray:
    """Return an envelope that rises within ``attack`` seconds and has fallen by 60 dB after ``seconds``."""
    time = np.arange(round(seconds * rate)) / rate
    return np.minimum(time / attack, 1.0) * 10 ** (-3 * time / seconds)


def tone(frequency: np.ndarray, rate: int, harmonics: Sequence[float]) -> np.ndarray:
    """Return a harmonic tone [N] along a frequency [N] in Hz, its harmonics of these amplitudes.

    A harmonic is silent where it would pass half the rate.
    """
    phase = 2 * np.pi * np.cumsum(frequency) / rate
    parts = ((k, amplitude) for k, amplitude in enumerate(harmonics, 1))
    return sum(amplitude * np.sin(k * phase) * (k * frequency < 0.48 * rate) for k, amplitude in parts)


def on_time_line(samples: int, events: Iterable[tuple[int, np.ndarray]]) -> np.ndarray:
    """Return [samples] with each of ``events`` (start, sound) added, cut off at the end."""
    wave = np.zeros(samples)
    for start, sound in events:
        if start < samples:
            end = min(samples, start + len(sound))
            wave[start:end] += sound[: end - start]
    return wave


def at_level(wave: np.ndarray, level: float, peak: float = 0.9) -> np.ndarray:
    """Return ``wave`` [N] or [N, C] at ``level`` dBFS (RMS over all), lower where a peak passes ``peak``."""
    gain = 10 ** (level / 20) / np.sqrt(np.mean(wave**2))
    return wave * min(gain, peak / np.max(np.abs(wave)))
