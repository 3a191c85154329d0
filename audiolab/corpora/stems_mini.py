"""Synthetic songs in the folders of songs of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiolab.config import option
from audiolab.corpora.mini import make_once
from audiolab.corpora.songs_mini import RATE, Plan, check_sizes, make_all
from audiolab.datadir.audiowrite import write_audio


@dataclass(frozen=True)
class StemsMini:
    """How many songs there are."""

    train: int = option(2, "songs to train on")
    test: int = option(2, "songs of the test")
    seconds: list[float] = option(lambda: [11.0, 13.0], "shortest and longest song", "s")

    def __post_init__(self) -> None:
        check_sizes(self.seconds, train=self.train, test=self.test)


def make_mini(out: str | Path, sizes: StemsMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the songs into the folder ``out``, unless they are there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How many.
        seed: Of everything that is random in them.
        nj: Processes; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing; ``out`` holds something else.
    """
    parts = ["train"] * sizes.train + ["test"] * sizes.test

    def write(folder: Path) -> None:
        plans = [Plan("stems", number, number, seed, tuple(sizes.seconds)) for number in range(len(parts))]
        make_all(_write_song, [(plan, folder / part) for plan, part in zip(plans, parts)], nj)

    return make_once(out, "stems", sizes, seed, nj, write)


def _write_song(item: tuple[Plan, Path]) -> None:
    plan, part = item
    song = plan.make()
    folder = part / f"song_{plan.number:02d}"
    for name, wave in (("vocals", song.stems["vocals"]), ("accompaniment", song.accompaniment)):
        write_audio(folder / f"{name}.wav", wave, RATE)
