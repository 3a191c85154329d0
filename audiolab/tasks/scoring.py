"""Scoring, whatever is scored: what a task gives to it, the command's options, jobs, failures, and what is written."""

from __future__ import annotations

import logging
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import yaml

from audiolab.cli import ArgumentParser
from audiolab.datadir import parts
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.fingerprint import data_dir_fingerprint
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.judges.panel import Panel
from audiolab.metrics.scores import AS_IS, Score
from audiolab.tasks.judging import Item, Makers, Question, judge, questions_of
from audiolab.tasks.runs import Run, header, over_scale
from audiolab.tasks.scored import Scored, part_path, read_parts, write_part
from audiolab.tasks.task import Task
from audiolab.work import processes

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Score)
UNLIKE = ("out", "allow_failures", "verdicts")
"""Options that may differ between jobs, or that change no score."""


class Scoring(ABC, Generic[Row]):
    """How one task scores: made of the command's options and the list of runs.

    Attributes:
        task: Which task.
        items: All that is scored, in the order of the runs, then of the ids.
        datadirs: What is read, besides the data dirs of the runs.
    """

    task: ClassVar[Task[Any, Any]]
    items: Sequence[Item]
    datadirs: Sequence[DataDir] = ()

    @staticmethod
    @abstractmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add the options of this task."""

    @abstractmethod
    def __init__(self, options: Any, runs: Sequence[Run]) -> None: ...

    @abstractmethod
    def score(self, places: Sequence[int]) -> Scored[Row]:
        """Score the items at these places, all or a job's share; called inside `audiolab.work.processes`.

        Raises:
            AudiolabError: Something is wrong with all of it. What is wrong with a single recording is a failure.
        """

    @abstractmethod
    def conditions(self, scored: Scored[Row]) -> dict[str, str]:
        """Return how was measured; printed under tables and beside plots as it stands."""

    def details(self, scored: Scored[Row]) -> dict[str, Any]:
        """Return what else the YAML beside the scores is to hold."""
        return {}

    def finish(self, scored: Scored[Row]) -> Scored[Row]:
        """Return the scores after what takes all of them; in jobs, the one who joins does it."""
        return scored

    def makers(self, panel: Panel, nj: int) -> Callable[[Item], Makers]:
        """Return what makes columns of what judges say of an item, beside words; see `audiolab.tasks.judging.judge`."""
        return lambda item: {}

    def questions(self, panel: Panel) -> Callable[[Item], Sequence[Question]]:
        """Return what is asked of an item; by default what the panel's judges say of it."""
        return partial(questions_of, panel)


def add_options(parser: ArgumentParser, task: Task[Any, Any]) -> None:
    """Add the options of scoring that all tasks have."""
    columns = " ".join(header(task.groups))
    about = f"; the dir of {task.given}, {task.given_is}, is {AS_IS}" if task.given else ""
    parser.add_argument("--runs", required=True, help=f"list of runs, by tabs, with the header {columns}{about}")
    parser.add_argument(
        "--out", required=True, help="the CSV to write; a YAML of the same name says how it was measured"
    )
    parser.add_argument("--allow_failures", action="store_true", help="write the scores of what could be scored")
    parts.add_options(parser, "processes, of one thread each; with --job or --join: jobs that score together")


def check_out(out: str | Path, task: Task[Any, Any]) -> None:
    """Raise `AudiolabError` where scores, or the YAML beside them, would be written over something else."""
    path, begins = Path(out), ",".join(task.layout.columns[:2]).encode()
    beside = path.with_suffix(".yaml")
    if path == beside:
        raise AudiolabError(f"{out}: a YAML of this name is written beside the scores; name a CSV")
    if path.is_dir():
        raise AudiolabError(f"{out}: is a folder; name a CSV")
    if path.exists():
        with path.open("rb") as file:
            if file.read(len(begins)) != begins:
                raise AudiolabError(f"{out}: is no table of scores, and would be written over; name another --out")
    elif beside.exists():
        raise AudiolabError(f"{beside}: is there without {path.name}, and would be written over; name another --out")


def score(scoring: Scoring[Any], runs: Sequence[Run], panel: Panel, options: Any) -> None:
    """Score, ask judges, and write all of it, or a job's share of it, as the options of `add_options` say.

    Raises:
        AudiolabError: As `Scoring.score`, `judge`, `audiolab.tasks.scored.read_parts` and `write_scores`.
    """
    part, count = parts.Part.asked(options, f"score {scoring.task.name}", processes=True), len(scoring.items)
    given = _given(scoring, runs, options)
    if options.join:
        scored = read_parts(options.out, options.nj, given, scoring.task.layout.row, count)
    else:
        parts.remove_others(part_path(options.out, part.job, part.nj).parent, part.nj)
        part_path(options.out, part.job, part.nj).unlink(missing_ok=True)  # a job that dies leaves none
        nj = options.nj if options.job is None else 1
        with processes(nj):
            scored = scoring.score(part.of(range(count), empty=True))
        scored = judge(scoring.items, scored, panel, nj, scoring.makers(panel, nj), scoring.questions(panel))
    if options.job is not None:
        path = write_part(scored, options.out, part, given)
        logger.info("%d of %d utterances scored: %s", len(scored.rows), count, path)
        return
    scored = scoring.finish(scored)
    table, words = scoring.task.over_scale
    peaks = over_scale(runs, table)
    logger.info("%s: %s", words, peaks)
    conditions = scoring.conditions(scored) | {words: peaks} | panel.conditions(scored.asked)
    write_scores(options, scoring.task, scored, conditions, scoring.details(scored))
    if options.join:
        shutil.rmtree(part_path(options.out, 1, options.nj).parent)


def _given(scoring: Scoring[Any], runs: Sequence[Run], options: Any) -> dict[str, Any]:
    """Return what jobs, and the one who joins, must be given alike; nothing where one scores alone."""
    if options.job is None and not options.join:
        return {}
    made = [Path(run.dir) for run in runs if run.dir != AS_IS]
    folders = dict.fromkeys([*(datadir.path for datadir in scoring.datadirs), *made])
    data = {str(folder): data_dir_fingerprint(folder) for folder in folders}
    return parts.given(options, UNLIKE) | {"runs": [asdict(run) for run in runs], "recordings": data}


def write_scores(
    options: Any,
    task: Task[Any, Any],
    scored: Scored[Any],
    conditions: Mapping[str, str],
    details: Mapping[str, Any],
) -> None:
    """Write the scores and, under the same name, the YAML that says how they were measured; log what failed.

    Args:
        options: What `add_options` asked for.
        task: Which task.
        scored: What was scored.
        conditions: How.
        details: What else the YAML is to hold.

    Raises:
        AudiolabError: Recordings failed without ``--allow_failures``, or nothing was scored; then nothing is written.
    """
    failures, scores = scored.failures, scored.scores
    for kind, lines in (("refused", scored.refusals), ("failed", failures)):
        for line in lines:
            logger.warning("%s: %s", kind, line)
    if failures and not options.allow_failures:
        raise AudiolabError(
            f"{len(failures)} recordings could not be used, the first: {failures[0]}; "
            "nothing was written: mend them, or score the others with --allow_failures"
        )
    if not scores:
        raise AudiolabError(f"{options.runs}: not one utterance could be scored")
    left_out = {"Failures": f"{len(failures)}, left out"} if failures else {}
    told = {"refused": scored.refusals, "failures": failures}
    report = {"conditions": {**conditions, **left_out}, **details, **told}
    task.layout.write(options.out, scores)
    with atomic_write(Path(options.out).with_suffix(".yaml")) as file:
        yaml.safe_dump(report, file, sort_keys=False, allow_unicode=True, width=120)
    logger.info(
        "%d utterances scored, %d failures, %d scores refused: %s",
        len(scores), len(failures), len(scored.refusals), options.out,
    )  # fmt: skip
