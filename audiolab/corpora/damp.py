"""DAMP-VSEP (Smule, 2019): 41,000 performances of half a minute by karaoke singers: voice, background and mix.

The tracks bleed into one another, so the corpus has no labels for separation. It is given to those who sign an
agreement, and cannot be downloaded by a program.
"""

from __future__ import annotations

import csv
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiolab.config import option
from audiolab.corpora.base import Corpus
from audiolab.corpora.damp_alignment import Alignment, Unusable, align
from audiolab.corpora.damp_layout import EXPECTED, TRACKS, Performance, find_performances, listed
from audiolab.corpora.damp_mini import DampMini, make_mini
from audiolab.corpora.preparation import Languages, Rate, Songs
from audiolab.corpora.song_dirs import SongRecording, prepare_songs
from audiolab.datadir.entry import entry_of
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.work import each, processes

ALIGNED = "damp_aligned"
"""Folder beside the data dir with a folder of each performance: how its tracks lie, and those that were decoded."""

TABLE = "damp_alignment.csv"
"""Table beside the data dir: of each performance how it was aligned, or why it was left out."""

_HEADER = ("perf_key", "left_out", "seconds", *(f"{track}_skip" for track in TRACKS),
           "vocal_confidence", "background_confidence", "message")  # fmt: skip

HOW_TO_GET = (
    "DAMP-VSEP cannot be downloaded by a program: ask for it at https://zenodo.org/records/3553059, sign the agreement "
    "(research only), unpack it, and name the folder by --db_root (--damp_root of recipes)"
)


@dataclass(frozen=True)
class DampPreparation(Languages, Rate, Songs):
    """What is taken of the corpus."""

    corpus = "damp"

    min_seconds: float = option(15.0, "performances whose tracks have less in common are left out", "s")
    performances: str | None = option(None, "a CSV whose column perf_key lists what is taken; null: all")
    longest_delay: float = option(2.0, "of a track to the mix, either way", "s")
    min_confidence: float = option(
        12.0, "performances whose tracks are aligned with less are left out: how far the correlation's peak stands out"
    )

    def __post_init__(self) -> None:
        """Raise `ValueError` for a delay or a confidence out of range."""
        super().__post_init__()
        if not 0.01 <= self.longest_delay <= 10:
            raise ValueError("longest_delay must be 0.01 to 10")
        self._check_counts("min_confidence")

    @property
    def made_with(self) -> dict[str, Any]:
        """As of `Preparation`; of the list, its name."""
        return super().made_with | {"performances": self.performances and Path(self.performances).name}


def prepare(db_root: str | Path, dest: str | Path, config: DampPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make the song dir ``<dest>/damp_train``, whose signals are the tracks, aligned by reference.

    Writes ``<dest>/damp_aligned``, from which it goes on where it was interrupted, and ``<dest>/damp_alignment.csv``.

    Args:
        db_root: Where the groups' folders lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all.
        nj: Processes that decode, align and read headers.

    Returns:
        The song dir, validated. A speaker is an account, a song a performance, for the folders do not tell songs.

    Raises:
        AudiolabError: There is no performance, or none can be aligned; a list names one that is not there; no room;
            PyAV is missing, which decodes .m4a.
    """
    config = config or DampPreparation()
    if not Path(db_root).is_dir():
        raise AudiolabError(f"{db_root}: no such folder; {EXPECTED} is to lie in it. {HOW_TO_GET}")
    chosen = _chosen(find_performances(db_root), config)
    found = _align_all(chosen, Path(dest) / ALIGNED, config, nj)
    taken = [(one, alignment) for one, (left_out, alignment, _) in zip(chosen, found) if not left_out]
    _write_table(Path(dest) / TABLE, chosen, found)
    reasons = Counter(left_out for left_out, _, _ in found if left_out)
    told = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())
    if not taken:
        first = next(message for _, _, message in found)
        raise AudiolabError(f"{db_root}: none of {len(chosen)} performances can be taken ({told}); the first: {first}")
    if reasons:
        logging.warning("%d of %d performances left out: %s; see %s", len(chosen) - len(taken), len(chosen), told,
                        Path(dest) / TABLE)  # fmt: skip
    sets = {"damp_train": [_recording(one, alignment) for one, alignment in taken]}
    return prepare_songs(dest, sets, config, nj, channels=1, slack_seconds=float("inf"))


def _chosen(performances: list[Performance], config: DampPreparation) -> list[Performance]:
    """Return which performances are taken as far as their names tell."""
    if config.performances:
        performances = listed(performances, config.performances)
    languages = config.wanted(one.language for one in performances)
    return config.fewer_songs({"": [one for one in performances if one.language in languages]})[""]


_Found = tuple[str, Alignment | None, str]
"""Why a performance is left out, empty where it is taken; its alignment; more about why."""


def _align_all(performances: Sequence[Performance], out: Path, config: DampPreparation, nj: int) -> list[_Found]:
    """Return what was found of each performance; raise what has nothing to do with its files."""
    with processes(nj):
        found = each(_aligned, performances, out, config)
    for result in found:
        if isinstance(result, str):
            raise AudiolabError(result)
    return found


def _aligned(performance: Performance, out: Path, config: DampPreparation) -> _Found:
    lacking = [track for track in TRACKS if track not in performance.tracks]
    if lacking:
        return "without a track", None, f"{performance.folder}: no {' and no '.join(lacking)}"
    try:
        alignment = align(performance, out, config.longest_delay)
    except Unusable as error:
        return "unreadable or silent", None, str(error)
    if min(alignment.confidences.values()) < config.min_confidence:
        return "not aligned", alignment, f"{performance.folder}: the confidence is below {config.min_confidence:g}"
    if alignment.seconds < config.min_seconds:
        short = f"{performance.folder}: {max(0, alignment.seconds):.2f} s that all tracks have"
        return "too short", alignment, f"{short}, less than {config.min_seconds:g} s"
    return "", alignment, ""


def _recording(performance: Performance, alignment: Alignment) -> SongRecording:
    vocals, accompaniment, mixture = (entry_of(alignment.paths[track], skip=alignment.skips[track]) for track in TRACKS)
    return SongRecording(
        performance.utterance,
        performance.speaker,
        performance.utterance,
        mixture,
        vocals,
        accompaniment,
        performance.folder,
        language=performance.language,
    )


def _write_table(path: Path, performances: Sequence[Performance], found: Sequence[_Found]) -> None:
    with atomic_write(path) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(_HEADER)
        for one, (left_out, alignment, message) in zip(performances, found):
            numbers: list[Any] = [""] * 6
            if alignment:
                confidences = (alignment.confidences[track] for track in TRACKS[:2])
                numbers = [round(alignment.seconds, 3), *(alignment.skips[track] for track in TRACKS), *confidences]
            table.writerow([one.name, left_out, *numbers, message])


CORPUS = Corpus(
    name="damp",
    license="for non-commercial research, by a signed agreement",
    homepage="https://zenodo.org/records/3553059",
    files=(),
    preparation=DampPreparation,
    prepare=prepare,
    mini=DampMini,
    make_mini=make_mini,
    how_to_get=HOW_TO_GET,
)
