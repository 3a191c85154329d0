"""Tables of a plan's jobs, and running one of them: what is fresh is passed over, what is made is stamped."""

from __future__ import annotations

import csv
import itertools
import os
import runpy
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from audiolab.datadir.fingerprint import STAMPS, is_stamp, read_stamp
from audiolab.datadir.stamp import StampCheck
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.plan.expansion import Job, Plan
from audiolab.plan.task import JOIN, MADE_BY, Task
from audiolab.plan.utterances import Utterances
from audiolab.textfile import read_records

COLUMNS = ("wave", "phase", "dir", "verb", "arguments", "needs", "reads", "makes", "kept_for", "part")
"""Of a table; four from the arguments on have words as a shell takes them."""


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
    """Raise for what a stage's jobs need of other stages and of files: all that is not there or is not what it was.

    So that it is told before anything long: also where what later stages go over has nothing of a speaker.
    """
    problems, check = Utterances().lacking(plan), StampCheck(plan.calls)
    for job in plan.needed_from(stage):
        try:
            check.check(Path(job.folder), job.phase.name, task_of(plan, job).options)
        except AudiolabError as error:
            problems.append(str(error))
        else:
            gone = [name for name in job.phase.makes if not Path(job.folder, name).exists()]
            problems += [f"{job.folder}: its {name} is gone; run {job.phase.made_by} again" for name in gone]
    for job in plan.targets_of(stage):
        problems += [
            f"{job.phase.name}: {path}: no such file or folder; run the stages before {stage} with the same options"
            for path in job.reads
            if not Path(path).exists()
        ]
    if problems:
        raise AudiolabError("; ".join(dict.fromkeys(problems)))


def write_tasks(path: str | Path, plan: Plan, stage: str) -> int:
    """Write the table of a stage's jobs, one a row, and return how many there are.

    Jobs that are split (`Phase.split`) are several rows: the parts in the job's wave, what joins them in the next.
    """
    rows, counted, wave_number = [], Utterances(), 0
    for wave in plan.waves(stage):
        split = [_rows(plan, job, counted) for job in wave]
        for tasks in ([task for each in split for task in each if task.joins is joins] for joins in (False, True)):
            if tasks:
                wave_number += 1
                rows += [(str(wave_number), task) for task in tasks]
    with atomic_write(path) as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for wave, task in rows:
            lists = (task.words, task.needs, task.reads, task.makes)
            writer.writerow((wave, task.phase, task.folder, task.verb, *map(shlex.join, lists), task.kept_for,
                             task.part))  # fmt: skip
    return len(rows)


def _rows(plan: Plan, job: Job, counted: Utterances) -> list[Task]:
    task, jobs = task_of(plan, job), counted.jobs_of(job)
    return task.split(jobs) if jobs > 1 else [task]


def read_tasks(path: str | Path) -> list[tuple[int, Task]]:
    """Return wave and job of each row of a table; `AudiolabError` where it cannot be read."""
    found = []
    for where, row in read_records(Path(path), COLUMNS, "\t", "the list of jobs", f"run {MADE_BY}"):
        try:
            wave, lists = int(row["wave"]), [tuple(shlex.split(row[name])) for name in COLUMNS[4:8]]
        except ValueError as error:
            raise AudiolabError(f"{where}: no row of a plan ({error}); run {MADE_BY}") from error
        found.append((wave, Task(row["phase"], row["dir"], row["verb"], *lists, row["kept_for"], row["part"])))
    return found


def arrays(path: str | Path) -> list[tuple[str, str, list[str]]]:
    """Return (``FIRST:LAST``, verb, phases) of the rows of a table that may run at the same time, verb by verb.

    What joins parts, which asks for no machine to speak of, has ``join`` for its verb.
    """
    numbered = enumerate(read_tasks(path), 1)
    found = []

    def kind(item: tuple[int, tuple[int, Task]]) -> tuple[int, str]:
        wave, task = item[1]
        return wave, JOIN if task.joins else task.verb

    for (_, verb), group in itertools.groupby(numbered, key=kind):
        rows = list(group)
        phases = list(dict.fromkeys(task.phase for _, (_, task) in rows))
        found.append((f"{rows[0][0]}:{rows[-1][0]}", verb, phases))
    return found


def run_rows(path: str | Path, first: int, step: int, further: Sequence[str] = (), last: int = 0) -> None:
    """Run the rows ``first``, ``first + step`` … of a table in this process; what is fresh is passed over.

    Args:
        path: The table.
        first: Number of a row, from 1.
        step: 0 for this row alone.
        further: Arguments of the command that change nothing of what is made, such as numbers of threads; those of the
            table go over them.
        last: Number of the row behind which none is run; 0: of the table's last one.

    Raises:
        AudiolabError: There is no such row; what a job needs was not made; its folder has what was made of it before.
        SystemExit: A command failed, with its status; the rows behind it are not run.
    """
    tasks = [task for _, task in read_tasks(path)]
    if not 1 <= first <= len(tasks):
        raise AudiolabError(f"{path}: has {len(tasks)} jobs, there is no number {first}")
    for task in tasks[first - 1 : last or None : step or len(tasks)]:
        run_task(task, further)


def run_task(task: Task, further: Sequence[str] = ()) -> None:
    """Run one job; see `run_rows`. Of several machines that run it together the first one stamps."""
    of = f", part {task.part}" if task.part else ""
    if task.is_fresh():
        print(f"# {task.folder}: {task.phase}{of} is there already, made of the same", flush=True)
        return
    task.check()
    stamps = os.environ.get("SLURM_NODEID", "0") == "0"
    if stamps:
        task.begin()
    _run_verb(task.verb, (*further, *task.command))
    if stamps:
        task.commit()


def _run_verb(verb: str, words: Sequence[str]) -> None:
    """Run a command of `audiolab.bin` as Python's -m would, but in this process, which so has its signals."""
    print("#", f"audiolab.bin.{verb}", shlex.join(words), flush=True)
    before = sys.argv
    sys.argv = [f"audiolab.bin.{verb}", *words]
    sys.modules.pop(f"audiolab.bin.{verb}", None)  # or runpy warns of what has read its options
    try:
        runpy.run_module(f"audiolab.bin.{verb}", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code:
            raise
    finally:
        sys.argv = before


def runs_behind(listed: str | Path, verb: str = "train") -> list[str]:
    """Return `made_with` of the data dirs in a list of what was made, such as ``scored.tsv``."""
    rows = read_records(Path(listed), ("dir",), "\t", "the list of what was made", f"run {MADE_BY}", others=True)
    return made_with((row["dir"] for _, row in rows if row["dir"] != "-"), verb)


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
