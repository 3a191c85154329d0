"""What is made in jobs: each makes some of the items; of a data dir, then the tables are joined."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from audiolab.cli import ArgumentParser, positive
from audiolab.datadir.datadir import DataDir, withdraw_tables, write_data_dir
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write, replaced_together
from audiolab.textfile import read_json

OWN = ("nj", "job", "join", "device")
"""Options that jobs, and the one who joins, may be given unlike."""

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

    def folder(self, out: str | Path) -> Path:
        """Return where the job's files and tables stand: in ``out`` itself where there is one job."""
        return Path(out) if self.nj == 1 else Path(out) / "parts" / f"{self.job}_of_{self.nj}"

    @contextmanager
    def making(self, out: str | Path, given: Mapping[str, Any]) -> Iterator[None]:
        """Inside the block the part is made; it counts when the block has ended.

        What was there of it goes first, and parts of another number of jobs.

        Args:
            out: The data dir.
            given: What all jobs and the one who joins must have been given alike, as `given` says it.
        """
        if self.nj == 1:
            yield
            return
        folder = self.folder(out)
        remove_others(folder.parent, self.nj)
        _signature(folder).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        yield
        with atomic_write(_signature(folder)) as file:
            json.dump(given, file)

    def of(self, items: Sequence[Item], empty: bool = False) -> Sequence[Item]:
        """Return the job's share of the items, every ``nj``-th.

        Raises:
            AudiolabError: There are fewer items than jobs, and shares may not be ``empty``.
        """
        if len(items) < self.nj and not empty:
            raise AudiolabError(f"--nj {self.nj}: there are {len(items)} utterances; give as many jobs or fewer")
        return items[self.job - 1 :: self.nj]

    def write(
        self, out: Path, tables: Mapping[str, Mapping[str, str]], settings: Mapping[str, bytes] | None = None
    ) -> DataDir:
        """Write the tables of the job's utterances, and files of settings; one job removes parts of others."""
        found = write_data_dir(self.folder(out), tables, replace=True, settings=settings)
        if self.nj == 1:
            shutil.rmtree(out / "parts", ignore_errors=True)
        return found


def add_options(parser: ArgumentParser, nj: str) -> None:
    """Add the options of a command that can be run in jobs; ``nj`` says what it counts."""
    parser.add_argument("--nj", type=positive, default=1, help=nj)
    parser.add_argument("--job", type=positive, default=None, help="make the part of this job, of 1 to --nj")
    parser.add_argument("--join", action="store_true", help="join the parts, when all jobs are done")


def given(options: Any, but: Sequence[str] = ()) -> dict[str, Any]:
    """Return options that jobs must be given alike, as JSON holds them; ``but``, and `OWN`, they need not."""
    return json.loads(json.dumps({name: value for name, value in vars(options).items() if name not in (*OWN, *but)}))


def check_given(path: Path, before: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raise `AudiolabError` where the job that wrote ``path`` was given something else."""
    for name in {**given, **before}:
        if before.get(name) != given.get(name):
            raise AudiolabError(f"{path}: its job was given other {name} than --join; give the same, or run it again")


def run(options: Any, command: str, make: Callable[[Part], DataDir], but: Sequence[str] = ()) -> DataDir:
    """Make a data dir, the part of one job, or join the parts, as the options of `add_options` ask; return it.

    Args:
        options: Those of the command, ``out`` among them.
        command: Its name.
        make: Makes a part.
        but: As of `given`.

    Raises:
        AudiolabError: As `Part.asked`, `join` or ``make``.
    """
    part, alike = Part.asked(options, command), given(options, but)
    if options.join:
        return join(options.out, options.nj, alike)
    with part.making(options.out, alike):
        return make(part)


def require(paths: Sequence[Path], nj: int) -> None:
    """Raise `AudiolabError` where parts of jobs 1 to ``nj`` are missing, and say what makes them."""
    missing = [job for job, path in enumerate(paths, start=1) if not path.exists()]
    if missing:
        jobs = ", ".join(map(str, missing))
        raise AudiolabError(
            f"{paths[missing[0] - 1]}: not there; of {nj} jobs these did not end well: {jobs}; see their logs and run "
            f"each again, with --nj {nj} --job {missing[0]}{' and so on' if missing[1:] else ''}, then --join"
        )


def remove_others(folder: Path, nj: int) -> None:
    """Remove the parts ``<job>_of_<number>`` in a folder that are of another number of jobs than ``nj``.

    One who is alone has no parts: for 1 the folder goes.
    """
    if nj == 1:
        shutil.rmtree(folder, ignore_errors=True)
    for path in folder.glob("[0-9]*_of_[0-9]*"):
        if path.stem.rpartition("_")[2] == str(nj):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def join(out: str | Path, nj: int, given: Mapping[str, Any]) -> DataDir:
    """Join what ``nj`` jobs made of a data dir, and return it; until then ``out`` is what it was before.

    Args:
        out: The data dir.
        nj: How many jobs there were.
        given: As of `Part.making`.

    Raises:
        AudiolabError: A job did not make its part, or was given something else; or parts have an utterance in common.
    """
    out, tables = Path(out), dict[str, dict[str, str]]()
    if nj == 1:
        return DataDir(out)
    folders = [Part(job, nj).folder(out) for job in range(1, nj + 1)]
    require([_signature(folder) for folder in folders], nj)
    for folder in folders:
        check_given(folder, read_json(_signature(folder), "what this job was given", "run it again"), given)
        for name, table in DataDir(folder).tables.items():
            joined = tables.setdefault(name, {})
            if name == "utt2spk" and (twice := sorted(joined.keys() & table.keys())):
                raise AudiolabError(f"{folder}: '{twice[0]}' is another job's too; run all jobs again")
            joined |= table
    with ExitStack() as stack:
        for name in sorted({path.name for folder in folders for path in folder.iterdir() if path.is_dir()}):
            staged = stack.enter_context(replaced_together(out / name))
            for file in (file for folder in folders for file in (folder / name).iterdir()):
                _link(file, staged / file.name)
        withdraw_tables(out)
    found = write_data_dir(out, tables, replace=True, settings=DataDir(folders[0]).settings)
    shutil.rmtree(out / "parts")
    return found


def _signature(folder: Path) -> Path:
    """Return the file that says that a part is whole, and what its job was given."""
    return folder.with_name(f"{folder.name}.json")


def _link(file: Path, to: Path) -> None:
    """Let a file have a second name, so that a join that is killed can be done again; copy it where links cannot be."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)
