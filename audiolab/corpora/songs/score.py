"""What is played and sung: tempo, key, chords, phrases of a melody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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


def compose(rng: np.random.Generator, seconds: float) -> Score:
    """Return a song of a length, 4 s or more, all drawn by ``rng``."""
    raise NotImplementedError
