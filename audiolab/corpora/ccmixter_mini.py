"""ccMixter's mini twin: synthetic songs in the corpus's own folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiolab.config import option
from audiolab.corpora.mini import make_once
from audiolab.corpora.songs_mini import RATE, Plan, check_sizes, make_all
from audiolab.datadir.audiowrite import write_audio


@dataclass(frozen=True)
class CcmixterMini:
    """How large the mini corpus is."""

    songs: int = option(4, "each of another artist")
    seconds: list[float] = option(lambda: [11.0, 13.0], "shortest and longest song", "s")

    def __post_init__(self) -> None:
        check_sizes(self.seconds, songs=self.songs)


def make_mini(out: str | Path, sizes: CcmixterMini, seed: int = 0, nj: int = 1) -> Path:
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
        plans = [Plan("ccmixter", number, number, seed, tuple(sizes.seconds)) for number in range(sizes.songs)]
        make_all(_write_song, [(plan, folder / "ccmixter_corpus") for plan in plans], nj)

    return make_once(out, "ccmixter", sizes, seed, nj, write)


def _write_song(item: tuple[Plan, Path]) -> None:
    plan, corpus = item
    song = plan.make()
    folder = corpus / f"mini_artist_{plan.number:02d}_-_mini_song_{plan.number:02d}"
    for name, wave in (("mix", song.mixture), ("source-01", song.accompaniment), ("source-02", song.stems["vocals"])):
        write_audio(folder / f"{name}.wav", wave, RATE)
