"""Scoring, whatever is scored: what a task gives to it, the command's options, failures, and what is written."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import yaml

from audiolab.cli import ArgumentParser, positive
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.judges.panel import Panel
from audiolab.metrics.scores import AS_IS, Score
from audiolab.tasks.judging import Item, Makers, judge
from audiolab.tasks.runs import Run, header, over_scale
from audiolab.tasks.task import Task
from audiolab.work import processes

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Score)


@dataclass(frozen=True)
class Scored(Generic[Row]):
    """What scoring gives.

    Attributes:
        rows: The scores, in the order of the items; None where an item could not be scored.
        failures: Why, one message each.
        refused: What metrics refused; there the scores have NaN.
    """

    rows: list[Row | None]
    failures: list[str]
    refused: list[str] = field(default_factory=list)

    @property
    def scores(self) -> list[Row]:
        """The scores that there are."""
        return [row for row in self.rows if row is not None]


class Scoring(ABC, Generic[Row]):
    """How one task scores: made of the command's options and the list of runs.

    Attributes:
        task: Which task.
        items: All that is scored, in the order of the runs, then of the ids.
    """

    task: ClassVar[Task[Any, Any]]
    items: Sequence[Item]

    @staticmethod
    @abstractmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add the options of this task."""

    @abstractmethod
    def __init__(self, options: Any, runs: Sequence[Run]) -> None: ...

    @abstractmethod
    def score(self) -> Scored[Row]:
        """Score all items; called inside `audiolab.work.processes`.

        Raises:
            AudiolabError: Something is wrong with all of it. What is wrong with a single recording is a failure.
        """

    @abstractmethod
    def conditions(self, scored: Scored[Row]) -> dict[str, str]:
        """Return how was measured; printed under tables and beside plots as it stands."""

    def details(self) -> dict[str, Any]:
        """Return what else the YAML beside the scores is to hold."""
        return {}

    def makers(self, panel: Panel, nj: int) -> Callable[[Item], Makers]:
        """Return what makes columns of what judges say of an item, beside words; see `audiolab.tasks.judging.judge`."""
        return lambda item: {}


def add_options(parser: ArgumentParser, task: Task[Any, Any]) -> None:
    """Add the options of scoring that all tasks have."""
    columns = " ".join(header(task.groups))
    about = f"the dir of {task.given}, {task.given_is}, is {AS_IS}"
    parser.add_argument("--runs", required=True, help=f"list of runs, by tabs, with the header {columns}; {about}")
    parser.add_argument(
        "--out", required=True, help="the CSV to write; a YAML of the same name says how it was measured"
    )
    parser.add_argument("--nj", type=positive, default=1, help="processes, of one thread each")
    parser.add_argument("--allow_failures", action="store_true", help="write the scores of what could be scored")


def score(scoring: Scoring[Any], runs: Sequence[Run], panel: Panel, options: Any) -> None:
    """Score, ask judges, and write all of it as the options of `add_options` say.

    Raises:
        AudiolabError: As `Scoring.score`, `judge` and `write_scores`.
    """
    with processes(options.nj):
        scored = scoring.score()
    judged = judge(scoring.items, scored.rows, panel, options.nj, scoring.makers(panel, options.nj))
    table, words = scoring.task.over_scale
    peaks = over_scale(runs, table)
    logger.info("%s: %s", words, peaks)
    conditions = scoring.conditions(scored) | {words: peaks} | panel.conditions(judged.asked)
    both = Scored(judged.rows, scored.failures, [*scored.refused, *judged.refused])
    write_scores(options, scoring.task, both, conditions, scoring.details())


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
    for kind, lines in (("refused", scored.refused), ("failed", failures)):
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
    told = {"refused": scored.refused, "failures": failures}
    report = {"conditions": {**conditions, **left_out}, **details, **told}
    task.layout.write(options.out, scores)
    with atomic_write(Path(options.out).with_suffix(".yaml")) as file:
        yaml.safe_dump(report, file, sort_keys=False, allow_unicode=True, width=120)
    logger.info(
        "%d utterances scored, %d failures, %d scores refused: %s",
        len(scores), len(failures), len(scored.refused), options.out,
    )  # fmt: skip
