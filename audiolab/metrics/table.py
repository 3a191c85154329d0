"""A table of values: columns and rows, how a value is written, and the table in Markdown.

`audiolab.report.tables` makes HTML of the same table.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.scores import Metric
from audiolab.metrics.summary import Summary

Row = Mapping[str, Any]

NONE = "–"
NOT_SCORED = "not scored"
"""What stands in place of the value of a system that was not scored."""
ARROWS = {"lower": "↓", "higher": "↑", "near 1": "→1", "": ""}
"""`Metric.better` -> what stands behind a heading."""
UNRANKED = "unranked"
"""Key of a row whose values, where it is true, are not among those of which the best is marked."""
WIDEST = 6
"""Most scores beside each other in a table that is to be read as text."""


class Printed(float):
    """A figure of a paper, which is written as it is printed there.

    >>> cell(Printed("1.50"), 3)
    '1.50'
    """

    def __new__(cls, text: str) -> Printed:
        printed = super().__new__(cls, text)
        printed.text = text
        return printed


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        key: Where a row holds its value: text, a number, an `Interval`, a `Summary`, or None for none.
        title: Its header.
        unit: Written behind the title.
        digits: Decimals of numbers that are not integers.
        best: As `Metric.better`: which value is marked as the best one where a table can mark it; empty: none is.
        arrow: As `Metric.better`: what the header says is better.
        behind: What the header says behind that.
        difference: Its intervals are differences, shown with both ends.
        ranked: Whether its values may be the best of a row.
    """

    key: str
    title: str
    unit: str = ""
    digits: int = 2
    best: str = ""
    arrow: str = ""
    behind: str = ""
    difference: bool = False
    ranked: bool = True

    @classmethod
    def of(cls, metric: Metric, **more: Any) -> Column:
        """Return the column of a metric's means; ``more`` are other values of fields."""
        of_metric = cls(metric.column, metric.name, metric.unit, metric.digits, metric.better, metric.better)
        return replace(of_metric, **more)

    @classmethod
    def of_differences(cls, metric: Metric) -> Column:
        """Return the column of a metric's differences, which have no best value where its own is best near 1."""
        return cls.of(metric, best="", arrow=metric.better.replace("near 1", ""), difference=True)

    @property
    def heading(self) -> str:
        """Title, unit and an arrow to what is better, in one text."""
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.title}{unit} {ARROWS[self.arrow]}".rstrip() + self.behind


@dataclass(frozen=True)
class Table:
    """Rows of values by `Column.key`.

    Attributes:
        columns: What is shown, in order; the first one heads its row.
        rows: The values.
        about: How many columns, the first, stand in each part when the table is too wide; 0: it is never split.
        best_of_row: As `Column.best`, but among the values of each row.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    about: int = 0
    best_of_row: str = ""

    def parts(self, widest: int) -> list[Table]:
        """Return the table, or as few as hold ``widest`` columns or less beside ``about``, of about one width."""
        if not self.about:
            return [self]
        head, others = self.columns[: self.about], self.columns[self.about :]
        count = math.ceil(len(others) / widest)
        ends = [round(len(others) * part / max(1, count)) for part in range(count + 1)]
        return [replace(self, columns=[*head, *others[start:end]]) for start, end in itertools.pairwise(ends)]


def markdown(table: Table) -> str:
    """Return a table in Markdown, or several below each other; numbers are aligned to the right, nothing is marked."""
    return "\n\n".join(_markdown(part) for part in table.parts(WIDEST))


def _markdown(table: Table) -> str:
    header, rule = [column.heading for column in table.columns], ["---", *["---:"] * (len(table.columns) - 1)]
    rows = [[cell(row.get(c.key), c.digits, c.difference) for c in table.columns] for row in table.rows]
    lines = (" | ".join(" ".join(text.split()).replace("|", "\\|") for text in line) for line in [header, rule, *rows])
    return "\n".join(f"| {line} |" for line in lines)


def bullets(lines: Sequence[str]) -> str:
    """Return a list in Markdown, such as of notes below a table; nothing where there are none."""
    return "\n".join(f"- {line}" for line in lines)


def cell(value: Any, digits: int = 2, difference: bool = False) -> str:
    """Return a value as a table shows it: ``7.21``, ``7.21 ± 0.19`` (an interval), ``–`` (none, or not a number).

    A `Summary` over several seeds shows the spread of the seeds' means too, and one that is not over all utterances
    their number: ``7.21 ± 0.19, s 0.05 (11)``. An interval that is a ``difference`` is shown with both ends.

    >>> cell(Interval(7.214, 7.02, 7.4, 12))
    '7.21 ± 0.19'
    >>> cell(Interval(0.1, -0.02, 0.2, 12), difference=True)
    '+0.10 [-0.02, +0.20]'
    >>> cell(None), cell(float("nan")), cell(3), cell(True)
    ('–', '–', '3', 'yes')
    """
    if value is None:
        return NONE
    if isinstance(value, Printed):
        return value.text
    if isinstance(value, (Interval, Summary)):
        mean, half, seeds, count = cell_parts(value, digits, difference)
        return f"{mean} {half}{', ' if seeds else ''}{seeds} {count}".rstrip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) or hasattr(value, "dtype"):
        return _number(float(value), digits)
    return str(value)


def cell_parts(value: Interval | Summary, digits: int, difference: bool = False) -> tuple[str, str, str, str]:
    """Return (mean, ± half the interval, spread over seeds or nothing, number of utterances where it is not all).

    A difference has both ends in place of half the interval.
    """
    if difference and isinstance(value, Interval):
        mean, low, high = (_number(each, digits, "+") for each in (value.mean, value.low, value.high))
        return mean, f"[{NONE}]" if low == NONE else f"[{low}, {high}]", "", ""
    interval = value.interval if isinstance(value, Summary) else value
    spread = value.seed_spread if isinstance(value, Summary) else math.nan
    seeds = "" if math.isnan(spread) else f"s {_number(spread, digits)}"
    partial = value.partial if isinstance(value, Summary) else ""
    return _number(interval.mean, digits), f"± {_number(interval.half_width, digits)}", seeds, partial


def _number(value: float, digits: int, sign: str = "") -> str:
    if math.isnan(value):
        return NONE
    text = f"{value:{sign}.{digits}f}"
    return text if sign or float(text) else text.removeprefix("-")  # of a difference it tells on which side of 0
