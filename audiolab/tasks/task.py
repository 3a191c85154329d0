"""What a task is: its scores, its lists of runs, its tables, and a whole ``RESULTS.md`` of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Generic, TypeVar

from audiolab.metrics.bootstrap import LEAST
from audiolab.metrics.scores import Score, ScoreFormat
from audiolab.tasks.runs import Run, read_runs
from audiolab.textfile import read_records

Row = TypeVar("Row", bound=Score)
Paper = TypeVar("Paper")

Parts = Callable[[Sequence[Row], Mapping[str, object], Sequence[Paper], Sequence[str], int], list[str]]

INTERVALS = (
    "a ± b: mean over utterances and half of its 95 % bootstrap interval (expanded percentiles); –: none, there are "
    f"fewer than {LEAST} speakers (or utterances, where those are drawn). With {LEAST} of them 92 % of such intervals "
    "hold the true mean, with twelve 94 %. An utterance's scores of "
    "several seeds are averaged first. s: standard deviation over seeds of a seed's mean. (n): number of utterances, "
    "where the score is not defined for all. Differences are paired by utterance."
)


@dataclass(frozen=True)
class Task(Generic[Row, Paper]):
    """A task, as far as it is known without computing anything.

    Attributes:
        name: As commands have it.
        title: What its systems do, such as ``Voice conversion``.
        layout: Of its scores.
        groups: The columns of a list of runs that say which utterances, such as source and target speaker.
        given: The system that makes nothing: its signals are there already; empty: there is none.
        given_is: What these are.
        judges: Names of the trained judges that it has a use for.
        over_scale: Name of the table that counts samples over full scale, and words for it.
        paper_row: Dataclass of a row of the paper's tables, whose fields are text.
        parts: What makes the headings, tables and notes in Markdown; its arguments are those of `results`.
        method: What is to be known about the numbers, beside ``intervals``.
        intervals: How means and intervals are to be read.
    """

    name: str
    title: str
    layout: ScoreFormat[Row]
    groups: tuple[str, ...]
    given: str
    given_is: str
    judges: tuple[str, ...]
    over_scale: tuple[str, str]
    paper_row: type[Paper]
    parts: Parts[Row, Paper]
    method: tuple[str, ...]
    intervals: str = INTERVALS

    def read_runs(self, path: str | Path) -> list[Run]:
        """Return a list of what is scored; raises as `audiolab.tasks.runs.read_runs`."""
        return read_runs(path, self.groups, self.given)

    def read_paper(self, path: str | Path) -> list[Paper]:
        """Return the rows of the paper's tables: by tabs, with the fields of ``paper_row`` as header.

        Raises:
            AudiolabError: The file is missing, or a row does not have these columns.
        """
        columns = tuple(field.name for field in fields(self.paper_row))
        return [self.paper_row(**row) for _, row in read_records(path, columns, "\t", "the paper's tables")]

    def results(
        self,
        scores: Sequence[Row],
        conditions: Mapping[str, object],
        paper: Sequence[Paper] = (),
        baselines: Sequence[str] = (),
        seed: int = 0,
        notes: Sequence[str] = (),
    ) -> str:
        """Return a whole ``RESULTS.md``.

        Args:
            scores: Rows of ``scores.csv``.
            conditions: What ``scores.yaml`` says about how they were measured; all of it stands at the end.
            paper: The paper's rows.
            baselines: Systems to which the others are compared, utterance by utterance.
            seed: Seed of the bootstrap.
            notes: Paragraphs above the tables, such as which utterances these are.

        Raises:
            AudiolabError: A baseline was not scored.
        """
        measured = "\n".join(f"- {line}" for line in self.measured(conditions))
        parts = self.parts(scores, conditions, paper, baselines, seed)
        return "\n\n".join(["# Results", *notes, *parts, "## How it was measured", measured]) + "\n"

    def measured(self, conditions: Mapping[str, object]) -> list[str]:
        """Return how the scores were measured and how the numbers are to be read, an entry of a list each."""
        return [*(f"{name}: {value}." for name, value in conditions.items()), self.intervals, *self.method]
