"""Tables of a plan's jobs, and running one of them: what is fresh is passed over, what is made is stamped."""

from __future__ import annotations

import csv
import itertools
import os
import runpy
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiolab.datadir.fingerprint import STAMPS, is_stamp, read_stamp
from audiolab.datadir.stamp import StampCheck, begin_stage, commit_stage, is_fresh
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.plan.expansion import Job, Plan
from audiolab.textfile import read_records

COLUMNS = ("wave", "phase", "dir", "verb", "arguments", "needs", "reads", "makes", "kept_for")
"""Of a table; the last five have words as a shell takes them."""

_MADE_BY = "the stage that lists these jobs"


@dataclass(frozen=True)
class Task:
    """A row of a table: a job as it is run. ``needs`` are stamps; `audiolab.plan.phases.Phase` tells of the others."""

    phase: str
    folder: str
    verb: str
    words: tuple[str, ...]
    needs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    kept_for: str = ""

    @property
    def options(self) -> dict[str, str]:
        """What the stamp says of the command: each option with its values, and the whole."""
        found: dict[str, str] = {}
        name = self.verb
        for word in self.words:
            if word.startswith("--"):
                name, _, value = word.partition("=")
                found[name] = value
            else:
                found[name] = f"{found.get(name, '')} {word}".strip()
        return found | {"command": shlex.join((self.verb, *self.words))}

    def is_fresh(self) -> bool:
        """Return whether it was made, as it would be now."""
        there = all(os.path.exists(os.path.join(self.folder, name)) for name in self.makes)
        return there and is_fresh(self.folder, self.phase, self.options)


def task_of(plan: Plan, job: Job) -> Task:
    """Return how a job of a plan is run."""
    needs = [plan.jobs[key] for key in job.needs if plan.jobs[key].phase.verb]
    return Task(
        job.phase.name, job.folder, job.phase.verb, tuple(job.words), tuple(map(stamp_of, needs)),
        tuple(dict.fromkeys(job.reads)), job.phase.makes, job.phase.kept_for,
    )  # fmt: skip


def stamp_of(job: Job) -> str:
    """Return the path of the stamp of what a job makes."""
    return f"{job.folder}/{STAMPS}/{job.phase.name}.json"


def check_made(plan: Plan, stage: str) -> None:
    """Raise for what a stage's jobs need of other stages and of files: all that is not there or is not what it was."""
    problems, check = [], StampCheck()
    for job in plan.needed_from(stage):
        try:
            check.check(Path(job.folder), job.phase.name, job.phase.made_by, task_of(plan, job).options)
        except AudiolabError as error:
            problems.append(str(error))
    for job in plan.targets_of(stage):
        problems += [
            f"{job.phase.name}: {path}: no such file or folder" for path in job.reads if not Path(path).exists()
        ]
    if problems:
        raise AudiolabError("; ".join(dict.fromkeys(problems)))


def write_tasks(path: str | Path, plan: Plan, stage: str) -> int:
    """Write the table of a stage's jobs, one a row, and return how many there are."""
    rows = [(str(n), task_of(plan, job)) for n, wave in enumerate(plan.waves(stage), 1) for job in wave]
    with atomic_write(path) as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for wave, task in rows:
            lists = (task.words, task.needs, task.reads, task.makes)
            writer.writerow((wave, task.phase, task.folder, task.verb, *map(shlex.join, lists), task.kept_for))
    return len(rows)


def read_tasks(path: str | Path) -> list[tuple[int, Task]]:
    """Return wave and job of each row of a table; `AudiolabError` where it cannot be read."""
    found = []
    for where, row in read_records(Path(path), COLUMNS, "\t", "the list of jobs", f"run {_MADE_BY}"):
        try:
            wave, lists = int(row["wave"]), [tuple(shlex.split(row[name])) for name in COLUMNS[4:8]]
        except ValueError as error:
            raise AudiolabError(f"{where}: no row of a plan ({error}); run {_MADE_BY}") from error
        found.append((wave, Task(row["phase"], row["dir"], row["verb"], *lists, kept_for=row["kept_for"])))
    return found


def arrays(path: str | Path) -> list[tuple[str, str, list[str]]]:
    """Return (``FIRST:LAST``, verb, phases) of the rows of a table that may run at the same time, verb by verb."""
    numbered = enumerate(read_tasks(path), 1)
    found = []
    for (_, verb), group in itertools.groupby(numbered, key=lambda item: (item[1][0], item[1][1].verb)):
        rows = list(group)
        phases = list(dict.fromkeys(task.phase for _, (_, task) in rows))
        found.append((f"{rows[0][0]}:{rows[-1][0]}", verb, phases))
    return found


def run_rows(path: str | Path, first: int, step: int, further: Sequence[str] = ()) -> None:
    """Run the rows ``first``, ``first + step`` … of a table in this process; what is fresh is passed over.

    Args:
        path: The table.
        first: Number of a row, from 1.
        step: 0 for this row alone.
        further: Arguments of the command that change nothing of what is made, such as numbers of threads; those of the
            table go over them.

    Raises:
        AudiolabError: There is no such row; what a job needs was not made; its folder has what was made of it before.
        SystemExit: A command failed, with its status; the rows behind it are not run.
    """
    tasks = [task for _, task in read_tasks(path)]
    if not 1 <= first <= len(tasks):
        raise AudiolabError(f"{path}: has {len(tasks)} jobs, there is no number {first}")
    for task in tasks[first - 1 :: step or len(tasks)]:
        run_task(task, further)


def run_task(task: Task, further: Sequence[str] = ()) -> None:
    """Run one job; see `run_rows`. Of several machines that run it together the first one stamps."""
    if task.is_fresh():
        print(f"# {task.folder}: {task.phase} is there already, made of the same", flush=True)
        return
    for need in task.needs:
        folder, phase = Path(need).parents[1], Path(need).stem
        if not Path(need).is_file():
            raise AudiolabError(f"{task.phase}: {folder} has nothing of {phase} yet; run {_MADE_BY} again")
    if task.kept_for and os.path.exists(os.path.join(task.folder, task.kept_for)):
        raise AudiolabError(
            f"{task.folder}: has {task.kept_for}, made with another {task.phase} than is asked for; take back what was "
            "changed (an option, what it is made from), or give another --tag"
        )
    stamps = os.environ.get("SLURM_NODEID", "0") == "0"
    if stamps:
        begin_stage(task.folder, task.phase, (*task.needs, *task.reads), task.options)
    _run_verb(task.verb, (*further, *task.words))
    if stamps:
        commit_stage(task.folder, task.phase)


def _run_verb(verb: str, words: Sequence[str]) -> None:
    """Run a command of `audiolab.bin` as Python's -m would, but in this process, which so has its signals."""
    print("#", f"audiolab.bin.{verb}", shlex.join(words), flush=True)
    before = sys.argv
    sys.argv = [f"audiolab.bin.{verb}", *words]
    try:
        runpy.run_module(f"audiolab.bin.{verb}", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        sys.argv = before


def made_with(folders: Iterable[str], verb: str) -> list[str]:
    """Return the folders of a verb's jobs that some folders stand on, by stamps: each behind those it stands on."""
    found: dict[str, None] = {}
    seen: set[Path] = set()

    def visit(stamp: Path) -> None:
        if stamp in seen:
            return
        seen.add(stamp)
        content = read_stamp(stamp)
        for source in map(Path, content["inputs"]):
            if is_stamp(source) and source.is_file():
                visit(source)
        if content["options"].get("command", "").split(" ")[0] == verb:
            found[str(stamp.parents[1])] = None

    for folder in folders:
        for stamp in sorted((Path(folder) / STAMPS).glob("[!.]*.json")):
            visit(stamp)
    return list(found)
