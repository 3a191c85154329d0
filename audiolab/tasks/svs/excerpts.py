"""What of a song is heard on a page: the seconds in which the voice sings most, of the mixture and of each source."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.data.stem_dir import SOURCES, StemDir

SINGS_DB = -20.0
"""Down to this level below the loudest second of a song's vocals, a second is one in which the voice sings."""


@dataclass(frozen=True)
class Excerpt:
    """Where in a song one listens; it is looked for when it is first asked for.

    Attributes:
        songs: The song dir with the true sources.
        pieces: Numbers of the song's pieces.
        seconds: Length, as far as the piece has it.
    """

    songs: StemDir
    pieces: tuple[int, ...]
    seconds: float

    @functools.cached_property
    def place(self) -> tuple[int, float]:
        """Number of the piece, and the excerpt's first moment in it, s."""
        levels = [second_levels(self.songs.read(piece, "vocals"), self.songs.rate) for piece in self.pieces]
        number, second = most_sung(levels, max(1, int(self.seconds)))
        return self.pieces[number], float(second)


@dataclass(frozen=True)
class SongClip:
    """An excerpt of a song of a song dir.

    Attributes:
        songs: The song dir, which has the pieces that the excerpt's has.
        excerpt: Where.
        source: One of `SOURCES`; empty: their sum.
        what: The song, for the reader.
    """

    songs: StemDir
    excerpt: Excerpt
    source: str
    what: str

    @property
    def utterance(self) -> str:
        """The song."""
        return self.what

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from other clips."""
        return str(self.songs.path), self.what, self.source

    def load(self) -> tuple[np.ndarray, int]:
        """Return (samples [N], mono, float32; rate in Hz)."""
        number, start = self.excerpt.place
        first, samples = round(start * self.songs.rate), round(self.excerpt.seconds * self.songs.rate)
        samples = min(samples, int(self.songs.lengths[number]) - first)
        sources = [self.source] if self.source else SOURCES
        return sum(self.songs.read(number, source, first, samples) for source in sources), self.songs.rate


def second_levels(wave: np.ndarray, rate: int) -> np.ndarray:
    """Return the energy of each second of [N], the last one maybe shorter; float64 [ceil(N / rate)]."""
    return np.add.reduceat(np.square(wave, dtype=np.float64), np.arange(0, len(wave), rate))


def most_sung(levels: Sequence[np.ndarray], seconds: int) -> tuple[int, int]:
    """Return the piece and the second at which the window begins in which the voice sings in most seconds; the first.

    Args:
        levels: Energies of the seconds of each piece, [T].
        seconds: Of the window; a shorter piece is one window.
    """
    least = max(of.max() for of in levels) * 10 ** (SINGS_DB / 10)
    counts = [np.convolve(of >= least, np.ones(min(seconds, len(of))), "valid") for of in levels]
    piece = int(np.argmax([of.max() for of in counts]))
    return piece, int(np.argmax(counts[piece]))
