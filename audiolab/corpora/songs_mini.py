"""What the mini twins of corpora of songs share: synthetic songs, made in processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.corpora.readers import VOICES
from audiolab.corpora.songs.singer import make_singer
from audiolab.corpora.songs.song import Song, synthesise_song
from audiolab.errors import AudiolabError
from audiolab.work import each, processes

RATE = 44100
"""Sampling rate of MUSDB18 and ccMixter, Hz."""


@dataclass(frozen=True)
class Plan:
    """A song to be made.

    Attributes:
        corpus: The corpus's name; songs of two corpora are different ones.
        number: Of the song in its corpus, from 0.
        singer: Number of the singer in the corpus, from 0; it says voice, sex and language.
        seed: Of the mini corpus.
        seconds: Shortest and longest length.
    """

    corpus: str
    number: int
    singer: int
    seed: int
    seconds: tuple[float, float]

    def make(self) -> Song:
        """Return the song, at `RATE`; raises `AudiolabError` where espeak-ng is missing."""
        name = f"{self.corpus}{self.singer}"
        own = np.random.default_rng([self.seed, self.singer, *name.encode(), 1])
        language = list(VOICES)[(self.singer + 1) % len(VOICES)]
        singer = make_singer(name, language, self.singer, own)
        rng = np.random.default_rng([self.seed, self.number, *self.corpus.encode()])
        return synthesise_song(rng, float(rng.uniform(*self.seconds)), RATE, singer)


def make_all(write: Callable[..., None], items: Sequence[tuple], nj: int) -> None:
    """Call ``write(item)`` for each item, in ``nj`` processes; raise the first error that came."""
    with processes(nj):
        faults = [fault for fault in each(write, items) if fault is not None]
    if faults:
        raise AudiolabError(faults[0])


def check_sizes(seconds: Sequence[float], **counts: int) -> None:
    """Raise `ValueError` for a count below 1, or lengths that are none of songs."""
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be 1 or more")
    if len(seconds) != 2 or not 4 <= seconds[0] <= seconds[1]:
        raise ValueError(f"seconds are a shortest length of 4 or more and a longest, not {seconds}")
