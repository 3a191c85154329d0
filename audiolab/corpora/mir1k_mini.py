"""MIR-1K's mini twin: clips of synthetic Chinese songs by amateurs, the band left and the voice right, 16 kHz."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiolab.config import option
from audiolab.corpora.mini import make_once
from audiolab.corpora.songs.singer import make_singer
from audiolab.corpora.songs.song import synthesise_song
from audiolab.corpora.songs_mini import make_all
from audiolab.datadir.audiowrite import write_audio

RATE = 16000
"""Sampling rate of the corpus, Hz."""

_NAMES = ("abjones", "amy", "ariel", "bug", "davidson", "fdps", "heycat", "jmzen", "khair", "leon", "stool", "titon")
"""Of singers, as the corpus has them: by the first two it is split."""

_FIRST = 12
"""Number of the first singer's voice, so that no other mini corpus begins with it."""

_TUNING = (15.0, 30.0)
"""Range of the standard deviation of a singer's errors of pitch, cents."""


@dataclass(frozen=True)
class Mir1kMini:
    """How large the mini corpus is."""

    singers: int = option(3, f"at most {len(_NAMES)}")
    songs: int = option(2, "of each singer")
    clips: int = option(2, "of each song")
    seconds: float = option(5.0, "length of a clip", "s")

    def __post_init__(self) -> None:
        if min(self.singers, self.songs, self.clips) < 1 or self.singers > len(_NAMES):
            raise ValueError(f"singers, songs and clips must be 1 or more, singers {len(_NAMES)} or fewer")
        if not 1 <= self.seconds <= 60 or self.clips * self.seconds < 4:
            raise ValueError("seconds must be 1 to 60, and a song's clips 4 s or more together")


def make_mini(out: str | Path, sizes: Mir1kMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of everything that is random in it.
        nj: Processes; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        songs = [(singer, song) for singer in range(sizes.singers) for song in range(1, sizes.songs + 1)]
        make_all(_write_song, [(*song, sizes, seed, folder / "MIR-1K") for song in songs], nj)

    return make_once(out, "mir1k", sizes, seed, nj, write)


def _write_song(item: tuple[int, int, Mir1kMini, int, Path]) -> None:
    number, song, sizes, seed, corpus = item
    name = _NAMES[number]
    own = np.random.default_rng([seed, number, *b"mir1k singer"])
    singer = make_singer(name, "zh", _FIRST + number, own, tuning=float(own.uniform(*_TUNING)))
    rng = np.random.default_rng([seed, number, song, *b"mir1k"])
    sung = synthesise_song(rng, sizes.clips * sizes.seconds, RATE, singer)
    whole = np.stack([sung.accompaniment.mean(axis=1), sung.stems["vocals"].mean(axis=1)], axis=1)
    write_audio(corpus / "UndividedWavfile" / f"{name}_{song}.wav", whole, RATE)
    for clip, samples in enumerate(np.array_split(whole, sizes.clips), 1):
        write_audio(corpus / "Wavfile" / f"{name}_{song}_{clip:02d}.wav", samples, RATE)
