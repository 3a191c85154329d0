"""A data dir that is made in jobs: each makes some of the utterances, then their tables are joined."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Part:
    """What one job makes.

    Attributes:
        job: Its number, from 1.
        nj: How many jobs there are; one makes the data dir itself, and nothing is to be joined.
    """

    job: int = 1
    nj: int = 1

    @property
    def name(self) -> str:
        """What tells a job from the others; nothing where there is one."""
        return "" if self.nj == 1 else f".{self.job}_of_{self.nj}"

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the job's share of the items, every ``nj``-th.

        Raises:
            AudiolabError: There are fewer items than jobs.
        """
        if len(items) < self.nj:
            raise AudiolabError(f"--nj {self.nj}: there are {len(items)} utterances; give as many jobs or fewer")
        return items[self.job - 1 :: self.nj]

    def write(self, out: Path, tables: Mapping[str, Mapping[str, str]]) -> DataDir:
        """Write the tables of the job's utterances, whose files are in ``out``; one job removes parts of others."""
        found = write_data_dir(out if self.nj == 1 else _folder(out, self.job, self.nj), tables, replace=True)
        if self.nj == 1:
            shutil.rmtree(out / "parts", ignore_errors=True)
        return found


def join(out: str | Path, nj: int) -> DataDir:
    """Join what ``nj`` jobs wrote of a data dir, and return it.

    Raises:
        AudiolabError: A job did not write its part, or parts have an utterance in common.
    """
    out, tables = Path(out), dict[str, dict[str, str]]()
    for job in range(1, nj + 1):
        folder = _folder(out, job, nj)
        if not folder.is_dir():
            raise AudiolabError(f"{folder}: no such folder; job {job} of {nj} makes it")
        for name, table in DataDir(folder).tables.items():
            joined = tables.setdefault(name, {})
            if name == "utt2spk" and (twice := sorted(joined.keys() & table.keys())):
                raise AudiolabError(f"{folder}: '{twice[0]}' is another job's too; run all jobs again")
            joined |= table
    found = write_data_dir(out, tables, replace=True)
    shutil.rmtree(out / "parts")
    return found


def _folder(out: Path, job: int, nj: int) -> Path:
    return out / "parts" / f"{job}_of_{nj}"
