"""What is played and sung: tempo, key, chords, phrases of a melody."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SCALES = {False: (0, 2, 4, 5, 7, 9, 11), True: (0, 2, 3, 5, 7, 8, 10)}
"""Whether minor -> the steps of the key, semitones above its tonic."""

_PROGRESSIONS = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 0, 4), (0, 2, 3, 4), (3, 4, 2, 5), (0, 6, 5, 4),
                 (1, 4, 0, 5))  # fmt: skip
"""Roots of four bars' chords, as steps of the key from 0."""

_SHORTEST = 0.2
"""Of a note of the melody, s: a syllable needs as long."""

_REST = 0.45
"""The shortest pause between phrases, s."""

_SKIPPED = 0.1
"""Share of the phrases that only the band plays."""

_MIDDLE = 60
_REACH = 7
"""The melody stays around this pitch, this many semitones up and down, but for steps beyond."""


@dataclass(frozen=True)
class Note:
    """A note of the melody: first and last moment, s, and pitch, a MIDI note number (before the singer's octave)."""

    start: float
    end: float
    pitch: int


@dataclass(frozen=True)
class Score:
    """A song on paper.

    Attributes:
        seconds: Length.
        tempo: Beats a minute.
        beats: A bar's.
        tonic: Of the key, 0 (C) to 11.
        minor: Whether the key is minor.
        chords: Of each bar, the pitches of its chord as semitones above the tonic, the root first.
        phrases: The melody's notes; between phrases the voice pauses.
    """

    seconds: float
    tempo: float
    beats: int
    tonic: int
    minor: bool
    chords: tuple[tuple[int, ...], ...]
    phrases: tuple[tuple[Note, ...], ...]

    @property
    def beat(self) -> float:
        """Length of a beat, s."""
        return 60 / self.tempo

    @property
    def bar(self) -> float:
        """Length of a bar, s."""
        return self.beats * self.beat


def compose(rng: np.random.Generator, seconds: float) -> Score:
    """Return a song of a length, 4 s or more, all drawn by ``rng``."""
    tempo, beats = round(float(rng.uniform(72, 148)), 2), 3 if rng.uniform() < 0.15 else 4
    tonic, minor = int(rng.integers(12)), bool(rng.uniform() < 0.4)
    bars = int(np.ceil(seconds / (60 / tempo * beats)))
    chords = _chords(rng, bars, SCALES[minor])
    empty = Score(seconds, tempo, beats, tonic, minor, chords, ())
    phrases = _melody(rng, empty)
    return Score(seconds, tempo, beats, tonic, minor, chords, tuple(phrases))


def _chords(rng: np.random.Generator, bars: int, scale: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Return the chords: verse and chorus in turn, each of four bars twice, triads or, in some songs, sevenths."""
    verse, chorus = rng.permutation(len(_PROGRESSIONS))[:2]
    size = 4 if rng.uniform() < 0.3 else 3
    return tuple(
        tuple(
            scale[(root + 2 * third) % 7] + 12 * ((root + 2 * third) // 7) for third in range(size)
        )
        for bar in range(bars)
        for root in [_PROGRESSIONS[chorus if bar // 8 % 2 else verse][bar % 4]]
    )  # fmt: skip


def _melody(rng: np.random.Generator, score: Score) -> list[tuple[Note, ...]]:
    """Return phrases of two bars, with pauses of the voice at their ends, before the first, and here and there longer.

    A rhythm comes back in every other phrase, as in songs with verses.
    """
    grid = score.beat / 2 if score.beat / 2 >= _SHORTEST else score.beat
    steps = round(2 * score.bar / grid)
    first = grid * int(rng.integers(1, max(2, min(steps // 2, int(score.seconds / 4 / grid)))))
    rhythms = [_rhythm(rng, steps, int(np.ceil(_REST / grid))) for _ in range(2)]
    phrases, pitch, number = [], float(_MIDDLE), 0
    while first + 0.75 * score.bar < score.seconds:
        if not phrases or rng.uniform() > _SKIPPED:
            notes, pitch = _phrase(rng, score, first + grid * rhythms[number % 2], pitch)
            phrases += [notes] if len(notes) > 2 or not phrases else []
            number += 1
        first += 2 * score.bar
    return phrases


def _rhythm(rng: np.random.Generator, steps: int, rest: int) -> np.ndarray:
    """Return the onsets of a phrase in steps of the grid, and its end, [notes + 1], with ``rest`` steps behind it."""
    end = round(steps * rng.uniform(0.7, 0.85))
    lengths: list[int] = []
    while sum(lengths) < end - 1:
        lengths.append(int(rng.choice([1, 2, 3, 4], p=[0.5, 0.33, 0.07, 0.1])))
    times = np.cumsum([0, *lengths[:-1], max(2, lengths[-1])])
    return np.append(times[:-1][times[:-1] < steps - rest], min(times[-1], steps - rest))


def _phrase(rng: np.random.Generator, score: Score, times: np.ndarray, pitch: float) -> tuple[tuple[Note, ...], float]:
    """Return the notes between ``times``, s, and the last pitch: steps of the scale, tones of the chord on beats."""
    scale = _pitches(score.tonic, SCALES[score.minor])
    latest = score.seconds - _REST / 2
    notes: list[Note] = []
    for start, end in itertools.pairwise(times):
        if min(end, latest) - start < _SHORTEST:
            break
        chord = score.chords[min(int(start / score.bar + 1e-6), len(score.chords) - 1)]
        on_beat = abs(start / score.beat - round(start / score.beat)) < 0.01
        allowed = _pitches(score.tonic, chord) if on_beat and rng.uniform() < 0.8 else scale
        aim = pitch + rng.normal(0, 2.5) + 0.25 * (_MIDDLE - pitch)
        aim = float(np.clip(aim, _MIDDLE - _REACH, _MIDDLE + _REACH))
        pitch = float(allowed[np.argmin(np.abs(allowed - aim))])
        notes.append(Note(float(start), float(min(end, latest)), int(pitch)))
    return tuple(notes), pitch


def _pitches(tonic: int, degrees: Sequence[int]) -> np.ndarray:
    """Return all MIDI note numbers of some degrees of a key."""
    notes = np.arange(128)
    return notes[np.isin((notes - tonic) % 12, np.asarray(degrees) % 12)]
