"""Synthetic songs for the mini corpora: a voice with lyrics over drums, bass and chords of the same key and tempo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolab.corpora.songs.score import Score, compose
from audiolab.corpora.songs.singer import Singer

STEMS = ("vocals", "drums", "bass", "other")

FRAME_SECONDS = 0.005
"""Of `Song.f0`, s."""


@dataclass(frozen=True)
class Line:
    """What is sung in one phrase: its first and last moment, s, and the words."""

    start: float
    end: float
    words: str


@dataclass(frozen=True)
class Song:
    """A song.

    Attributes:
        rate: Sampling rate, Hz.
        stems: Name, of `STEMS`, -> float32 [N, 2]; their sum stays within full scale.
        score: What is played.
        singer: Who sings.
        lines: The lyrics, in order.
        f0: Of the voice, float32 [T], Hz, one value each `FRAME_SECONDS`, the first at 0 s; 0 where it is unvoiced.
    """

    rate: int
    stems: dict[str, np.ndarray]
    score: Score
    singer: Singer
    lines: tuple[Line, ...]
    f0: np.ndarray

    @property
    def accompaniment(self) -> np.ndarray:
        """Drums, bass and other together, float32 [N, 2]."""
        return self.stems["drums"] + self.stems["bass"] + self.stems["other"]

    @property
    def mixture(self) -> np.ndarray:
        """All stems together, float32 [N, 2]."""
        return self.stems["vocals"] + self.accompaniment


def synthesise_song(rng: np.random.Generator, seconds: float, rate: int, singer: Singer) -> Song:
    """Return a song that a singer sings; the same generator's state and singer, the same samples.

    Args:
        rng: Draws tempo, key, chords, melody, lyrics, instruments, levels.
        seconds: Length, 4 s or more; N is ``round(seconds * rate)``.
        rate: Sampling rate, Hz, 16,000 or more.
        singer: Whose voice and language.

    Raises:
        AudiolabError: espeak-ng is missing.
    """
    return perform(rng, compose(rng, seconds), rate, singer)


def perform(rng: np.random.Generator, score: Score, rate: int, singer: Singer) -> Song:
    """Return a song as one singer and one band perform it; arguments and errors as of `synthesise_song`.

    The band is drawn before the voice: the same ``rng`` gives the same accompaniment whoever sings.
    """
    raise NotImplementedError
