"""Synthetic recordings of places with people, like WHAM!'s: two microphones among talkers, dishes and passing cars."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import scipy  # its signal is loaded at the first use, and preparing a corpus has none

from audiolab.corpora.noise_tools import at_level, decay, on_time_line, shaped_noise, slow_level, tone
from audiolab.corpora.noises import music

_FARTHEST = 8
"""Samples by which a sound reaches one microphone later than the other, at most (0.5 ms at 16 kHz)."""

_ROOM_SECONDS = 0.5

_QUIET_DB = -22.0
"""Level of a place without its people, dB re the whole."""


def make_ambience(
    kind: str, crowd: Sequence[Sequence[np.ndarray]], rng: np.random.Generator, samples: int, rate: int, level: float
) -> np.ndarray:
    """Return a recording of a place, float64 [samples, 2], at ``level`` dB of full scale (RMS over both channels).

    Args:
        kind: A key of `PLACES`.
        crowd: For each talker some utterances, [N] each.
        rng: Draws everything about it.
        samples: How long.
        rate: Sampling rate, Hz.
        level: RMS, dB of full scale; lower where a peak would pass 0.9.
    """
    wave = PLACES[kind](crowd, rng, samples, rate)
    wave = wave / np.sqrt(np.mean(wave**2))
    still = [shaped_noise(rng, samples, rate, ((40, 0), (200, -6), (2000, -22), (8000, -40))) for _ in range(2)]
    wave = wave + np.stack(still, axis=1) * 10 ** (_QUIET_DB / 20)
    return at_level(wave * slow_level(rng, samples, rate, 2, 1.5)[:, None], level)


def babble(crowd: Sequence[Sequence[np.ndarray]], rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Return talkers around the microphones, [samples, 2]: some near, some far, each at a place of his own."""
    wave = np.zeros((samples, 2))
    for talker in rng.permutation(len(crowd))[: int(rng.integers(4, len(crowd) + 1))]:
        speech = _talk(crowd[talker], rng, samples, rate)
        wave += 10 ** (rng.uniform(-8, 0) / 20) * _heard(speech, rng, rate, wet=rng.uniform(0.3, 0.9))
    return wave


def cafe(crowd: Sequence[Sequence[np.ndarray]], rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Return far talkers, dishes and a machine that hisses, [samples, 2]."""
    people = babble(crowd, rng, samples, rate) + babble(crowd, rng, samples, rate)
    dishes = _heard(on_time_line(samples, _clatter(rng, samples, rate)), rng, rate, wet=0.5)
    hiss = shaped_noise(rng, samples, rate, ((100, -20), (1000, -8), (4000, 0), (8000, -6)))
    steam = hiss * slow_level(rng, samples, rate, 12, 1.5)
    return people / np.std(people) + 0.6 * dishes / np.std(dishes) + 0.12 * _heard(steam, rng, rate, wet=0.4)


def bar(crowd: Sequence[Sequence[np.ndarray]], rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Return talkers, glasses and music from a loudspeaker in the room, [samples, 2]."""
    people = babble(crowd, rng, samples, rate)
    glasses = _heard(on_time_line(samples, _clatter(rng, samples, rate)), rng, rate, wet=0.5)
    played = _heard(music(rng, samples, rate), rng, rate, wet=0.8)
    played *= 10 ** (rng.uniform(-6, 4) / 20) / np.std(played)
    return people / np.std(people) + 0.5 * glasses / np.std(glasses) + played


def park(crowd: Sequence[Sequence[np.ndarray]], rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Return wind in gusts, birds, and a few people on the way, [samples, 2]."""
    leaves = shaped_noise(rng, samples, rate, ((40, 3), (150, 0), (800, -8), (3000, -8), (8000, -16)))
    wind = leaves * slow_level(rng, samples, rate, 8, 1.0)
    wave = _heard(wind / np.std(wind), rng, rate, wet=0.1)
    for _ in range(int(rng.integers(1, 4))):
        song = _heard(on_time_line(samples, _song(rng, samples, rate)), rng, rate, wet=0.3)
        wave += 10 ** (rng.uniform(-9, 2) / 20) * song / np.std(song)
    people = babble(crowd, rng, samples, rate)
    return wave + 10 ** (rng.uniform(-12, -4) / 20) * people / np.std(people)


def street(crowd: Sequence[Sequence[np.ndarray]], rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Return traffic, cars that pass by and a few people on the pavement, [samples, 2]."""
    far = shaped_noise(rng, samples, rate, ((30, 0), (100, 0), (500, -12), (2000, -22), (8000, -40)))
    wave = _heard(far, rng, rate, wet=0.2)
    wave /= np.std(wave)
    for _ in range(int(rng.integers(1, 4))):
        tyres = shaped_noise(rng, samples, rate, ((60, -6), (250, 0), (1000, -2), (2500, -12), (8000, -30)))
        near = (np.arange(samples) / rate - rng.uniform(0, samples / rate)) / rng.uniform(0.6, 1.5)
        wave += 1.5 * rng.uniform(0.5, 1.2) * _heard(tyres / (1 + near**2), rng, rate, wet=0.2)
    people = babble(crowd, rng, samples, rate)
    return wave + 10 ** (rng.uniform(-12, -4) / 20) * people / np.std(people)


def _talk(utterances: Sequence[np.ndarray], rng: np.random.Generator, samples: int, rate: int) -> np.ndarray:
    """Return one talker's utterances in any order with short pauses, from somewhere within the first, [samples]."""
    pieces: list[np.ndarray] = []
    first = int(rng.integers(rate))
    while sum(map(len, pieces)) < samples + first:
        pieces += [utterances[int(rng.integers(len(utterances)))], np.zeros(round(rng.uniform(0, 0.4) * rate))]
    return np.concatenate(pieces)[first : first + samples]


def _heard(wave: np.ndarray, rng: np.random.Generator, rate: int, wet: float) -> np.ndarray:
    """Return a sound [N] as two microphones hear it in a room, [N, 2]: direct, and decaying reverberation."""
    time = np.arange(round(_ROOM_SECONDS * rate)) / rate
    late = int(rng.integers(-_FARTHEST, _FARTHEST + 1))
    side = 10 ** (rng.uniform(-2, 2) / 20)
    channels = []
    for delay, gain in ((max(late, 0), side), (max(-late, 0), 1 / side)):
        tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / _ROOM_SECONDS)
        tail *= wet / np.sqrt(np.sum(tail**2))
        tail[delay] += gain * (1 - wet)
        channels.append(scipy.signal.fftconvolve(wave, tail)[: len(wave)])
    return np.stack(channels, axis=1)


def _clatter(rng: np.random.Generator, samples: int, rate: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (start, sound) of dishes and cutlery: some high partials that ring shortly."""
    for start in rng.integers(0, samples, 1 + rng.poisson(2.5 * samples / rate)):
        fall = decay(rate, rng.uniform(0.05, 0.3), attack=0.0005)
        partials = rng.uniform(1800, 7000, 5)
        ring = np.sin(2 * np.pi * partials[:, None] * np.arange(len(fall)) / rate + rng.uniform(0, 6, (5, 1)))
        yield int(start), ring.sum(axis=0) * fall * 10 ** (rng.uniform(-12, 6) / 20)


def _song(rng: np.random.Generator, samples: int, rate: int) -> Iterator[tuple[int, np.ndarray]]:
    """Yield (start, sound) of a bird: verses of chirps, all of one kind, that glide in pitch."""
    pitch, glide = rng.uniform(2200, 5500), rng.uniform(0.7, 1.4)
    seconds, chirps = rng.uniform(0.04, 0.15), int(rng.integers(2, 9))
    time = rng.uniform(0, 0.8)
    while time < samples / rate:
        for _ in range(chirps):
            length = round(seconds * rng.uniform(0.8, 1.2) * rate)
            frequency = pitch * np.geomspace(1, glide, length) * rng.uniform(0.97, 1.03)
            yield round(time * rate), np.hanning(length) * tone(frequency, rate, (1, 0.15))
            time += 1.6 * seconds
        time += rng.uniform(0.3, 1.5)


PLACES: dict[str, Callable[[Sequence[Sequence[np.ndarray]], np.random.Generator, int, int], np.ndarray]] = {
    "babble": babble,
    "bar": bar,
    "cafe": cafe,
    "park": park,
    "street": street,
}
"""Kind of place -> how it is made."""
