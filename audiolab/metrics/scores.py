"""Tables of scores (``scores.csv``): what a metric is, what a row has in common, and reading and writing them."""

from __future__ import annotations

import csv
import math
import typing
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.textfile import read_cells
from audiolab.yamltext import read_yaml

UNTRAINED = "-"
"""What stands for the seed of a system that is not trained."""
NATURAL = "natural"
"""The system that answers with a recording of natural speech: what a score can reach, and no contender."""
AS_IS = "-"
"""In place of a run's dir where the signals are there already: `NATURAL`'s recordings, or the mixtures as they are."""

LARGEST_REPORT = 1 << 23
"""Bytes of a ``scores.yaml``, which lists each recording that failed."""


@dataclass(frozen=True)
class Metric:
    """One score: its column in ``scores.csv``, and how a table shows it."""

    column: str
    name: str
    unit: str
    digits: int
    better: Literal["lower", "higher", "near 1"]


def cost(value: float, better: str) -> float:
    """Return what is the lower the better a value is; ``better`` is as of `Metric`."""
    return {"lower": value, "higher": -value, "near 1": abs(value - 1)}[better]


class Score(Protocol):
    """What all rows have: one utterance that one system made.

    Attributes:
        system: Name of the system.
        seed: Its training run's seed, as text; `UNTRAINED` where there is none.
        utterance: Id of the utterance.
        values: Metric's column -> value; NaN where the metric is not defined for this utterance.
    """

    system: str
    seed: str
    utterance: str
    values: dict[str, float]

    @property
    def unit(self) -> tuple[str, ...]:
        """What was measured, the utterance last, whichever system and seed made it."""
        ...

    @property
    def cluster(self) -> tuple[str, ...]:
        """What is drawn in a bootstrap: what units share that are not independent, or the unit itself."""
        ...


Row = TypeVar("Row", bound=Score)


@dataclass(frozen=True)
class ScoreFormat(Generic[Row]):
    """The columns of a ``scores.csv``: the fields of its rows, in which ``values`` stands for the metrics.

    Attributes:
        row: Dataclass of a row; its fields are text, numbers, and ``values``.
        metrics: What is measured, in order.
        made_by: The command that writes it, for messages.
        further: Metrics behind those, which a row need not have: its value is then not defined.
    """

    row: type[Row]
    metrics: tuple[Metric, ...]
    made_by: str
    further: tuple[Metric, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The header."""
        measured = [metric.column for metric in (*self.metrics, *self.further)]
        return tuple(c for f in fields(self.row) for c in (measured if f.name == "values" else [f.name]))

    def write(self, path: str | Path, scores: Iterable[Row]) -> None:
        """Write one row an utterance, atomically; an empty cell is an undefined value."""
        with atomic_write(path) as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.columns)
            for score in scores:
                writer.writerow([self._text(score, column) for column in self.columns])

    def read(self, path: str | Path) -> list[Row]:
        """Return the rows of a ``scores.csv``.

        Raises:
            AudiolabError: The file is missing, empty, or a row has a wrong column or value.
        """
        rows = read_lines(path, self.made_by)
        if not rows or tuple(rows[0][1]) != self.columns:
            raise AudiolabError(f"{path}:1: the columns are not those of {self.made_by}; score again")
        if len(rows) == 1:
            raise AudiolabError(f"{path}: no utterance was scored")
        return [self._score(row, place) for place, row in rows[1:]]

    def _text(self, score: Row, column: str) -> str:
        if column in score.values or column in {metric.column for metric in self.further}:
            measured = score.values.get(column, math.nan)
            return "" if math.isnan(measured) else f"{measured:.6g}"
        value = getattr(score, column)
        return value if isinstance(value, str) else f"{value:g}"

    def _score(self, row: list[str], place: str) -> Row:
        if len(row) != len(self.columns):
            raise AudiolabError(f"{place}: {len(row)} columns in place of {len(self.columns)}")
        cells, kinds = dict(zip(self.columns, row)), typing.get_type_hints(self.row)
        try:
            measured = (metric.column for metric in (*self.metrics, *self.further))
            values = {column: float(cells[column]) if cells[column] else math.nan for column in measured}
            given: dict[str, Any] = {name: kinds[name](cells[name]) for name in kinds if name in cells}
            return self.row(**given, values=values)
        except ValueError as error:
            raise AudiolabError(f"{place}: {error}") from error


def read_lines(path: str | Path, made_by: str) -> list[tuple[str, list[str]]]:
    """Return place and cells of each line of a ``scores.csv``, the header first; raises `AudiolabError`."""
    return read_cells(path, ",", "the scores", f"{made_by} writes them")


def read_conditions(path: str | Path) -> dict[str, Any]:
    """Return what a ``scores.yaml`` says under ``conditions``: how the scores beside it were measured."""
    tree, _ = read_yaml(path, "how the scores were measured", LARGEST_REPORT)
    conditions = tree.get("conditions") if isinstance(tree, dict) else None
    if not isinstance(conditions, dict):
        raise AudiolabError(f"{path}: does not say under 'conditions' how the scores were measured; score again")
    return conditions
