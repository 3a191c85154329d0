"""Instruments that play notes: a note's sound, and notes on a time line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

import numpy as np

from audiolab.corpora.noise_tools import on_time_line

_TABLE = 4096

_RELEASE = 0.03
"""How long a note takes to end, s."""


class Played(NamedTuple):
    """A note that is played: first moment and length, s; pitch, a MIDI note number; gain."""

    start: float
    seconds: float
    pitch: int
    gain: float = 1.0


Sound = Callable[[float, int, int], np.ndarray]
"""``(Hz, samples, rate) -> a note``, float64 [samples], of peak 1 or so."""


def play(sound: Sound, notes: Iterable[Played], samples: int, rate: int, cents: float = 0.0) -> np.ndarray:
    """Return notes on a time line, float64 [samples].

    Args:
        sound: The instrument.
        notes: In any order.
        samples: How long.
        rate: Sampling rate, Hz.
        cents: By which all are out of tune.
    """

    @cache
    def made(pitch: int, length: int) -> np.ndarray:
        wave = sound(440 * 2 ** ((pitch + cents / 100 - 69) / 12), length, rate)
        release = min(length, round(_RELEASE * rate))
        wave[length - release :] *= np.linspace(1, 0, release)
        return wave

    played = (
        (round(note.start * rate), note.gain * made(note.pitch, round(note.seconds * rate)))
        for note in notes
        if note.start >= 0
    )
    return on_time_line(samples, played)


def held(slope: float, attack: float, odd: float = 1.0) -> Sound:
    """Return an instrument that holds its notes, as strings and organs do.

    Args:
        slope: Of the harmonics' amplitudes, ``k ** -slope``.
        attack: How long a note takes to come, s.
        odd: Factor on even harmonics; 0 sounds hollow.
    """

    def sound(hertz: float, samples: int, rate: int) -> np.ndarray:
        k = np.arange(1, max(2, min(40, int(0.45 * rate / hertz))))
        amplitude = k**-slope * np.where(k % 2, 1.0, odd)
        phases = np.arange(_TABLE) * 2 * np.pi / _TABLE
        table = amplitude @ np.sin(k[:, None] * phases + 0.7 * k[:, None] ** 2)
        place = (np.arange(samples) * (hertz / rate * _TABLE)).astype(np.int64) % _TABLE
        swell = np.minimum(np.arange(samples) / (attack * rate), 1.0)
        return table[place] / np.max(np.abs(table)) * swell

    return sound


def plucked(slope: float, seconds: float, damping: float) -> Sound:
    """Return an instrument whose notes die away, as those of guitars and pianos.

    Args:
        slope: Of the harmonics' amplitudes at the beginning, ``k ** -slope``.
        seconds: In which the first harmonic falls by 60 dB.
        damping: By how much faster each further harmonic does, as a part of the first one's.
    """

    def sound(hertz: float, samples: int, rate: int) -> np.ndarray:
        k = np.arange(1, max(2, min(12, int(0.45 * rate / hertz))))
        time = np.arange(samples) / rate
        swings = np.exp((2j * np.pi * hertz - np.log(1000) / seconds * damping) * time)
        power, wave = np.exp(-np.log(1000) / seconds * (1 - damping) * time), np.zeros(samples)
        each = power.astype(complex)
        for number in k:
            each = each * swings
            wave += number**-slope * each.imag
        return wave * np.minimum(time / 0.003, 1.0)

    return sound
