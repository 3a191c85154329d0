"""Synthetic noises of different kinds, like those of AudioSet and Freesound in the DNS challenge.

Each kind is a function of a generator, a length in samples and a sampling rate in Hz that gives float64 [samples] at
no particular level.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import scipy  # its signal is loaded at the first use, and preparing a corpus has none

from audiolab.corpora.noise_tools import at_level, decay, on_time_line, shaped_noise, slow_level, tone

_FLOOR_DB = -45.0
"""Level of the recorder's own noise, dB re the noise."""


def make_noise(kind: str, rng: np.random.Generator, samples: int, rate: int, level: float) -> np.ndarray:
    """Return a noise of a kind, float64 [samples], at ``level`` dB of full scale (RMS), lower where it would clip.

    Args:
        kind: A key of `KINDS`.
        rng: Draws everything about it.
        samples: How long; 2 s or more, so that something happens in it.
        rate: Sampling rate, Hz.
        level: RMS, dB of full scale.
    """
    wave = KINDS[kind](rng, samples, rate)
    wave = wave / np.sqrt(np.mean(wave**2))
    floor = shaped_noise(rng, samples, rate, ((50, 0), (500, -6), (8000, -20)))
    return at_level(wave + floor * 10 ** (_FLOOR_DB / 20), level)


def keyboard(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Typing: words of keys, each a click on its way down and a weaker one on its way up."""

    def click(strength: float) -> np.ndarray:
        fall = decay(rate, rng.uniform(0.02, 0.04), attack=0.0005)
        snap = shaped_noise(rng, len(fall), rate, ((300, -25), (2000, 0), (5000, 0), (8000, -10)))
        thud = np.sin(2 * np.pi * rng.uniform(150, 300) * np.arange(len(fall)) / rate)
        return strength * fall * (snap + thud)

    def keys() -> Iterator[tuple[int, np.ndarray]]:
        time = rng.uniform(0, 0.3)
        while time < samples / rate:
            strength = 10 ** (rng.uniform(-6, 6) / 20)
            yield round(time * rate), click(strength)
            yield round((time + rng.uniform(0.05, 0.09)) * rate), click(0.4 * strength)
            time += rng.uniform(0.1, 0.25) if rng.uniform() < 0.8 else rng.uniform(0.4, 0.9)

    return on_time_line(samples, keys())


def fan(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """A fan: the harmonics of its blades, wavering a little, over the hiss of the air."""
    waver = slow_level(rng, samples, rate, 0.15, 0.5)
    hum = tone(rng.uniform(70, 140) * waver, rate, [1 / k for k in range(1, 13)])
    air = shaped_noise(rng, samples, rate, ((60, 0), (400, -3), (2000, -18), (8000, -35)))
    return hum / np.std(hum) + rng.uniform(0.5, 0.9) * air


def siren(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """An emergency vehicle: a harmonic tone that glides up and down, comes near and goes away."""
    time = np.arange(samples) / rate
    low, high = rng.uniform(450, 650), rng.uniform(1200, 1600)
    sweep = scipy.signal.sawtooth(2 * np.pi * (time / rng.uniform(0.35, 3.5) + rng.uniform()), width=0.5)
    glide = tone(low * (high / low) ** ((sweep + 1) / 2), rate, (1, 0.5, 0.35, 0.2, 0.1))
    return glide * slow_level(rng, samples, rate, 6, 2.5)


def alarm(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """An alarm: groups of short beeps of one high pitch."""
    time = np.arange(samples) / rate
    on, group = rng.uniform(0.08, 0.2), int(rng.integers(2, 5))
    place = np.mod(time, 2 * on * group + rng.uniform(0.2, 0.6))
    sounding = (np.mod(place, 2 * on) < on) & (place < 2 * on * group)
    gate = scipy.signal.fftconvolve(sounding.astype(float), np.hanning(round(0.006 * rate)), mode="same")
    return gate * tone(np.full(samples, rng.uniform(2000, 3200)), rate, (1, 0.3, 0.15))


def engine(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """An engine: strokes at 25 to 60 Hz, no two alike, through the resonances of exhaust and body."""
    speed = rng.uniform(25, 60) * slow_level(rng, samples, rate, 1.5, 1.5)
    strokes = np.flatnonzero(np.diff(np.floor(np.cumsum(speed) / rate), prepend=0.0) > 0)
    pulses = np.zeros(samples)
    pulses[strokes] = 10 ** (rng.uniform(-3, 3, len(strokes)) / 20)
    body = scipy.signal.fftconvolve(pulses, _resonances(rng, rate, ((90, 6), (220, 8), (480, 10), (1100, 12))))
    roar = shaped_noise(rng, samples, rate, ((40, 0), (300, -6), (1500, -20), (8000, -40)))
    body = body[:samples] / np.std(body)
    return body + 0.4 * roar * np.sqrt(np.abs(body))


def barking(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """A dog: groups of barks of falling pitch through a vocal tract, partly breath."""
    pitch, tract = rng.uniform(250, 450), _resonances(rng, rate, ((700, 5), (1400, 6), (2600, 8)))

    def bark() -> np.ndarray:
        fall = decay(rate, rng.uniform(0.25, 0.4), attack=0.015)
        frequency = pitch * rng.uniform(1.3, 1.6) * np.linspace(1, 0.55, len(fall))
        voice = tone(frequency, rate, [k**-0.7 for k in range(1, 20)])
        breath = 0.6 * rng.standard_normal(len(fall))
        return scipy.signal.fftconvolve((voice / np.std(voice) + breath) * fall, tract)

    def barks() -> Iterator[tuple[int, np.ndarray]]:
        time = rng.uniform(0, 0.4)
        while time < samples / rate:
            for _ in range(int(rng.integers(1, 5))):
                yield round(time * rate), bark() * 10 ** (rng.uniform(-3, 0) / 20)
                time += rng.uniform(0.3, 0.45)
            time += rng.uniform(0.3, 1.2)

    return on_time_line(samples, barks())


def rain(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Rain in gusts: a hiss of far drops and single near ones."""
    gusts = slow_level(rng, samples, rate, 5, 0.8)
    hiss = shaped_noise(rng, samples, rate, ((100, -30), (800, -12), (3000, 0), (7000, 2), (8000, 0)))

    def drop() -> np.ndarray:
        fall = decay(rate, rng.uniform(0.005, 0.02), attack=0.0003)
        return fall * np.sin(2 * np.pi * rng.uniform(1500, 6500) * np.arange(len(fall)) / rate)

    starts = rng.integers(0, samples, rng.poisson(rng.uniform(30, 80) * samples / rate))
    drops = ((int(start), drop() * 10 ** (rng.uniform(-10, 8) / 20)) for start in starts)
    return gusts * (hiss + 1.5 * on_time_line(samples, drops))


def music(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Music: plucked notes of a few chords in time, with a bass, all of one key."""
    beat, root = rng.uniform(0.22, 0.4), rng.uniform(110, 200)
    chords = [(0, 4, 7, 12), (-3, 0, 4, 9), (5, 9, 12, 17), (7, 11, 14, 19)]

    def note(semitones: float, strength: float) -> np.ndarray:
        fall = decay(rate, rng.uniform(0.8, 1.8), attack=0.005)
        frequency = np.full(len(fall), root * 2 ** (semitones / 12))
        return strength * fall * tone(frequency, rate, [k**-1.2 for k in range(1, 12)])

    def notes() -> Iterator[tuple[int, np.ndarray]]:
        for step in range(int(samples / rate / beat) + 1):
            chord = chords[step // 8 % len(chords)]
            start = round((step * beat + rng.uniform(0, 0.01)) * rate)
            yield start, note(chord[int(rng.integers(4))] + 12, rng.uniform(0.5, 1))
            if step % 4 == 0:
                yield start, note(chord[0] - 12, 1.0)

    return on_time_line(samples, notes())


def footsteps(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Steps on a wooden floor: low thuds, each with a scuff behind it."""
    stride, board = rng.uniform(0.45, 0.65), rng.uniform(60, 110)

    def step() -> np.ndarray:
        fall = decay(rate, 0.25, attack=0.003)
        thud = np.sin(2 * np.pi * board * rng.uniform(0.9, 1.1) * np.arange(len(fall)) / rate)
        scuff = shaped_noise(rng, len(fall), rate, ((80, 0), (400, -8), (2500, -18), (8000, -35)))
        return fall * (thud + 0.6 * scuff) * 10 ** (rng.uniform(-4, 2) / 20)

    starts = itertools.takewhile(lambda time: time < samples / rate, (stride * k for k in itertools.count()))
    return on_time_line(samples, [(round((time + rng.uniform(0, 0.05)) * rate), step()) for time in starts])


def vacuum(rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """A vacuum cleaner: broad rushing and the whine of its motor, which strains now and then."""
    strain = slow_level(rng, samples, rate, 0.6, 1.2)
    whine = tone(rng.uniform(350, 700) * strain, rate, (1, 0.2, 0.6, 0.1, 0.3, 0.1, 0.2))
    rush = shaped_noise(rng, samples, rate, ((60, -15), (300, 0), (1200, 0), (4000, -4), (8000, -12)))
    return rush + rng.uniform(0.3, 0.6) * whine / np.std(whine)


def _resonances(rng: np.random.Generator, rate: int, peaks: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Return an impulse response with resonances at (Hz ± 15 %, quality), each weaker than the one before."""
    time = np.arange(round(0.05 * rate)) / rate
    response = np.zeros(len(time))
    for number, (frequency, quality) in enumerate(peaks):
        frequency *= rng.uniform(0.85, 1.15)
        swing = np.exp(-np.pi * frequency / quality * time) * np.sin(2 * np.pi * frequency * time)
        response += swing * 0.6**number
    return response


KINDS: dict[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    "alarm": alarm,
    "barking": barking,
    "engine": engine,
    "fan": fan,
    "footsteps": footsteps,
    "keyboard": keyboard,
    "music": music,
    "rain": rain,
    "siren": siren,
    "vacuum": vacuum,
}
"""Kind of noise -> how it is made."""
