"""What is made in jobs: each makes some of the items; of a data dir, then the tables are joined."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from audiolab.cli import ArgumentParser, positive
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

    @classmethod
    def asked(cls, options: Any, command: str, processes: bool = False) -> Part:
        """Return which part the options of `add_options` ask for; ``processes``: --nj alone is a count of these.

        Raises:
            AudiolabError: ``--job`` is none of 1 to ``--nj``, or is given with ``--join``, or is missing.
        """
        alone = options.job is None
        wrong = (
            options.nj > 1 and not (options.join or processes) if alone else options.join or options.job > options.nj
        )
        if wrong:
            raise AudiolabError(
                f"{command}: with --nj {options.nj} give --job 1 to {options.nj} or, when all are done, --join"
            )
        return cls() if alone else cls(options.job, options.nj)

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
        """Write the tables of the job's utterances, whose files are in ``out``."""
        return write_data_dir(out if self.nj == 1 else _folder(out, self.job, self.nj), tables, replace=True)


def add_options(parser: ArgumentParser, nj: str) -> None:
    """Add the options of a command that can be run in jobs; ``nj`` says what it counts."""
    parser.add_argument("--nj", type=positive, default=1, help=nj)
    parser.add_argument("--job", type=positive, default=None, help="make the part of this job, of 1 to --nj")
    parser.add_argument("--join", action="store_true", help="join the parts, when all jobs are done")


def require(paths: Sequence[Path], nj: int) -> None:
    """Raise `AudiolabError` where parts of jobs 1 to ``nj`` are missing, and say what makes them."""
    missing = [job for job, path in enumerate(paths, start=1) if not path.exists()]
    if missing:
        jobs = ", ".join(map(str, missing))
        raise AudiolabError(
            f"{paths[missing[0] - 1]}: not there; of {nj} jobs these did not end well: {jobs}; see their logs and run "
            f"each again, with --nj {nj} --job {missing[0]}{' and so on' if missing[1:] else ''}, then --join"
        )


def join(out: str | Path, nj: int) -> DataDir:
    """Join what ``nj`` jobs wrote of a data dir, and return it.

    Raises:
        AudiolabError: A job did not write its part, or parts have an utterance in common.
    """
    out, tables = Path(out), dict[str, dict[str, str]]()
    folders = [_folder(out, job, nj) for job in range(1, nj + 1)]
    require(folders, nj)
    for folder in folders:
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
