"""MUSDB18's mini twin: synthetic songs in the folders of MUSDB18-HQ, or in MUSDB18's files of five streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audiolab.config import option
from audiolab.corpora.mini import make_once
from audiolab.corpora.musdb18_layout import STEM_FILE, STEMS, VALIDATION
from audiolab.corpora.songs_mini import RATE, Plan, check_sizes, make_all
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.mp4 import encode_mp4

_SONGS_AN_ARTIST = 2
"""In train; in validation and test each song has an artist of its own."""


@dataclass(frozen=True)
class Musdb18Mini:
    """How large the mini corpus is."""

    train: int = option(8, "songs of train besides those for validation; two of each artist")
    valid: int = option(2, "songs of train for validation, which have the names of MUSDB18's")
    test: int = option(5, "songs of test")
    seconds: list[float] = option(lambda: [11.0, 13.0], "shortest and longest song", "s")
    version: Literal["hq", "aac"] = option("hq", "folders of WAV files, or .stem.mp4 files, which take PyAV")

    def __post_init__(self) -> None:
        check_sizes(self.seconds, train=self.train, valid=self.valid, test=self.test)
        if self.valid > len(VALIDATION):
            raise ValueError(f"valid must be {len(VALIDATION)} or less")


def make_mini(out: str | Path, sizes: Musdb18Mini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of everything that is random in it.
        nj: Processes; changes nothing else.

    Raises:
        AudiolabError: espeak-ng or, for ``aac``, PyAV is missing; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        items = [(plan, folder / part / name, sizes.version) for plan, part, name in _plans(sizes, seed)]
        make_all(_write_song, items, nj)

    return make_once(out, "musdb18", sizes, seed, nj, write)


def _plans(sizes: Musdb18Mini, seed: int) -> Iterator[tuple[Plan, str, str]]:
    """Yield (song, its part, its name); no artist is in two sets."""
    names = [("train", f"Mini Artist {n // _SONGS_AN_ARTIST:02d} - Train Song {n:02d}") for n in range(sizes.train)]
    artists = [n // _SONGS_AN_ARTIST for n in range(sizes.train)]
    names += [("train", name) for name in VALIDATION[: sizes.valid]]
    names += [("test", f"Mini Guest {n:02d} - Test Song {n:02d}") for n in range(sizes.test)]
    first = max(artists) + 1
    artists += range(first, first + sizes.valid + sizes.test)
    for number, ((part, name), artist) in enumerate(zip(names, artists)):
        yield Plan("musdb18", number, artist, seed, tuple(sizes.seconds)), part, name


def _write_song(item: tuple[Plan, Path, str]) -> None:
    plan, path, version = item
    song = plan.make()
    stems = {"mixture": song.mixture, **song.stems}
    if version == "hq":
        for name in STEMS:
            write_audio(path / f"{name}.wav", stems[name], RATE)
    else:
        encode_mp4(path.with_name(path.name + STEM_FILE), [stems[name] for name in STEMS], RATE)
