"""Tables of a recipe's jobs: one row a job, by tabs, with a header; row N is job N of an array."""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.text import read_records

Row = dict[str, str]


def check_folders(jobs: Iterable[Row], advice: str) -> None:
    """Raise `AudiolabError` where two jobs would make one folder, their ``dir``; ``advice`` says what to do."""
    for folder, count in Counter(job["dir"] for job in jobs).items():
        if count > 1:
            raise AudiolabError(f"{folder} would be made {count} times; {advice}")


class _Listed(Row):
    """A row that was read."""

    def __init__(self, row: Row, where: str, made_by: str) -> None:
        super().__init__(row)
        self._where, self._made_by = where, made_by

    def __missing__(self, column: str) -> str:
        raise AudiolabError(f"{self._where}: the list of jobs has no column '{column}'; run {self._made_by}")


def write_jobs(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a table of jobs; what a row has beyond ``columns`` is left out."""
    with atomic_write(path) as file:
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def read_jobs(path: Path, made_by: str) -> list[Row]:
    """Return the rows of a table that `write_jobs` wrote.

    Raises:
        AudiolabError: It cannot be read; says that ``made_by`` makes it. A row raises it for a column that it lacks.
    """
    records = read_records(path, (), "\t", "the list of jobs", f"run {made_by}", others=True)
    return [_Listed(row, where=where, made_by=made_by) for where, row in records]


def read_job(path: Path, number: int, made_by: str) -> Row:
    """Return the row of job ``number``, from 1; raises as `read_jobs`, and where there is no such job."""
    rows = read_jobs(path, made_by)
    if not 1 <= number <= len(rows):
        raise AudiolabError(f"{path}: has {len(rows)} jobs, there is no number {number}")
    return rows[number - 1]


def split_at_dashes(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what stands before the first ``--``, and what stands behind it and is passed on."""
    given = list(arguments)
    at = given.index("--") if "--" in given else len(given)
    return given[:at], given[at + 1 :]


def run_module(module: str, *arguments: str) -> NoReturn:
    """Become ``python -m module arguments``, so that signals reach it."""
    print("#", module, *arguments, flush=True)
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
