"""Which training runs of an experiment are shown: those that made what was scored."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.metrics.scores import AS_IS
from audiolab.textfile import read_records

logger = logging.getLogger(__name__)


class Scored(Protocol):
    """What is needed of a row of a list of what was scored: the data dir of what a system made."""

    @property
    def dir(self) -> str: ...


Made = TypeVar("Made", bound=Scored)


@dataclass(frozen=True)
class Listed:
    """A row of which nothing else is asked."""

    dir: str


def read_dirs(path: str | Path) -> list[Listed]:
    """Return the dirs in a list of what was scored, of whatever kind; raises as `audiolab.textfile.read_records`."""
    rows = read_records(path, ("dir",), "\t", "the list of what was scored", "scoring reads it", others=True)
    return [Listed(row["dir"]) for _, row in rows]


def find_runs(expdir: str | Path) -> dict[str, Path]:
    """Return name -> folder of the training runs of an experiment, by name; nothing in them is read.

    They are ``<expdir>/<system>/<run>``, called ``<system>/<run>``, or ``<expdir>/<run>``.

    Raises:
        AudiolabError: There is no such folder, or no run in it.
    """
    expdir = Path(expdir)
    if not expdir.is_dir():
        raise AudiolabError(f"{expdir}: no such folder; training (stage 3) makes it")
    folders = sorted(config.parent for pattern in ("*", "*/*") for config in expdir.glob(f"{pattern}/config.yaml"))
    if not folders:
        raise AudiolabError(f"{expdir}: no folder in it has a config.yaml; training (stage 3) makes them")
    return {folder.relative_to(expdir).as_posix(): folder for folder in folders}


def by_run(runs: Mapping[str, Path], scored: Iterable[Made], listed_in: str | Path) -> dict[str, list[Made]]:
    """Return run's name -> those rows of a list of what was scored whose dir lies in its folder.

    Under ``""`` is what lies in no run's folder; what is `AS_IS` is nowhere.

    Raises:
        AudiolabError: No run made any; ``listed_in``, where the list is, is named.
    """
    names = {folder.resolve(): name for name, folder in runs.items()}
    found: dict[str, list[Made]] = {}
    for row in scored:
        if row.dir != AS_IS:
            name = next((names[folder] for folder in Path(row.dir).resolve().parents if folder in names), "")
            found.setdefault(name, []).append(row)
    if not found.keys() - {""}:
        raise AudiolabError(f"{listed_in}: lists nothing that one of these runs made: {', '.join(runs)}; score again")
    return found


def choose_runs(known: Collection[str], names: Sequence[str], scored: Sequence[str], most: int) -> list[str]:
    """Return ``names``, or those that were ``scored`` when empty, at most ``most``; it is logged where there are more.

    Raises:
        AudiolabError: No run is known by one of these names.
    """
    for name in names:
        if name not in known:
            raise AudiolabError(f"--runs: no run '{name}'{did_you_mean(name, known)}")
    chosen = list(names or scored)
    if len(chosen) > most:
        logger.warning("%d of %d runs are shown in detail; choose them with --runs", most, len(chosen))
    return chosen[:most]
