"""The list of what is scored: which system made which data dir, and how often it went over full scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import AS_IS
from audiolab.textfile import read_records


@dataclass(frozen=True)
class Run:
    """A row of the list: what one system made of one group of utterances.

    Attributes:
        system: Name of the system.
        seed: Its training run's seed, as text; `audiolab.metrics.scores.UNTRAINED` where there is none.
        group: Which utterances, as the task's groups have it: source and target speaker, or a set's name.
        dir: The data dir, relative to where one is, which may hold other groups' too; or `AS_IS`.
    """

    system: str
    seed: str
    group: tuple[str, ...]
    dir: str

    def place(self, utterance: str) -> str:
        """Return words for an utterance that it made, for messages."""
        return ", ".join((self.system, f"seed {self.seed}", *self.group, utterance))


def header(groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns of a list of runs whose groups have these names."""
    return "system", "seed", *groups, "dir"


def read_runs(path: str | Path, groups: tuple[str, ...], given: str) -> list[Run]:
    """Return the runs in a list by tabs, which has the columns `header`.

    Args:
        path: The list.
        groups: What groups are called.
        given: The system whose dir is `AS_IS`, and no other system's; empty: none's is.

    Raises:
        AudiolabError: The list is missing, empty, names a run twice, or a row does not have these columns.
    """
    columns = header(groups)
    records = read_records(path, columns, "\t", "the list of runs")
    if not records:
        raise AudiolabError(f"{path}: nothing is listed under the header {', '.join(columns)}")
    runs: dict[tuple[str, ...], Run] = {}
    for where, row in records:
        if not all(row.values()):
            raise AudiolabError(f"{where}: an empty cell; the columns must be {', '.join(columns)}, by tabs")
        *key, folder = (row[column] for column in columns)
        if tuple(key) in runs:
            what = ", ".join(f"{name} {value}" for name, value in zip(columns, key))
            raise AudiolabError(f"{where}: {what} is listed twice")
        if (row["system"] == given) != (folder == AS_IS):
            whose = f"the dir of '{given}', and of no other system," if given else "no system's dir"
            raise AudiolabError(f"{where}: {whose} is '{AS_IS}'")
        runs[tuple(key)] = Run(row["system"], row["seed"], tuple(row[name] for name in groups), folder)
    return list(runs.values())


def over_scale(runs: Iterable[Run], table: str) -> str:
    """Return of how many files samples went over full scale, each data dir once: ``softgan 2 of 32, shift 0 of 16``.

    Args:
        runs: Those that are `AS_IS` are left out.
        table: Name of the data dirs' table ``<utterance> <samples over full scale>``, ``utt2limited`` or
            ``utt2clipped``.
    """
    folders: dict[str, set[str]] = {}
    for run in runs:
        if run.dir != AS_IS:
            folders.setdefault(run.system, set()).add(run.dir)
    return ", ".join(f"{system} {_counted(found, table)}" for system, found in folders.items())


def _counted(folders: Iterable[str], table: str) -> str:
    dirs = [DataDir(folder) for folder in folders]
    if not all(datadir.has(table) for datadir in dirs):
        return "not counted"
    counts = [value for datadir in dirs for value in datadir.table(table).values()]
    return f"{sum(value != '0' for value in counts)} of {len(counts)}"
