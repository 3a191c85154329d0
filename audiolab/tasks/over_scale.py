"""Of how many files a system's samples went over full scale, so that they were limited or clipped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from audiolab.datadir.datadir import DataDir
from audiolab.metrics.scores import AS_IS


class Run(Protocol):
    """What is needed of a run: which system it is of, and the data dir of what the system made."""

    @property
    def system(self) -> str: ...

    @property
    def dir(self) -> str: ...


def over_scale(runs: Iterable[Run], table: str) -> str:
    """Return the counts by system, each data dir once: ``softgan_energy 2 of 32, mean_shift 0 of 16``.

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
