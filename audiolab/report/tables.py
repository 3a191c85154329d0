"""Tables from rows, as HTML for a page and as Markdown for a RESULTS.md."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.summary import Summary
from audiolab.metrics.table import ARROWS, cell, cell_parts, markdown

Row = Mapping[str, Any]
UNRANKED = "unranked"
"""Key of a row whose values, where it is true, are not among those of which the best is set in bold."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        key: Where a row holds its value: text, a number, an `Interval`, a `Summary`, a `Markup`, or None for none.
        title: Its header.
        unit: Written behind the title, as in ``MCD [dB]``.
        digits: Decimals of numbers that are not integers.
        best: ``"lower"``, ``"higher"`` or ``"near 1"``: the best value is set in bold; ``""``: none is.
        difference: Its intervals are differences, shown with both ends.
        ranked: Whether its values may be the best of a row.
    """

    key: str
    title: str
    unit: str = ""
    digits: int = 2
    best: str = ""
    difference: bool = False
    ranked: bool = True

    @property
    def header(self) -> str:
        """The title with its unit."""
        return f"{self.title} [{self.unit}]" if self.unit else self.title


def html_table(
    columns: Sequence[Column], rows: Sequence[Row], caption: str = "", best_of_row: str = "", stacked: bool = False
) -> Markup:
    """Return a ``<table>``; the first column heads its row, numbers are aligned right, all values are escaped.

    Args:
        columns: What to show, in order.
        rows: The values by `Column.key`.
        caption: Stands above the table.
        best_of_row: As `Column.best`, but among the values of each row.
        stacked: Intervals stand below their means, so that more columns fit.
    """
    numeric = {column.key: _is_numeric(column, rows) for column in columns}
    ranked = [{} if row.get(UNRANKED) else row for row in rows]
    bold = {c.key: _best([row.get(c.key) for row in ranked], c.digits, c.best) for c in columns}
    for line, row in enumerate(rows if best_of_row else ()):
        values = [row.get(column.key) if column.ranked else None for column in columns]
        for number in _best(values, columns[-1].digits, best_of_row):
            bold[columns[number].key].add(line)
    head = Markup("").join(
        Markup('<th scope="col"{}>{}{}</th>').format(_align(numeric[column.key]), column.header, _arrow(column.best))
        for column in columns
    )
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                _html_cell(column, row.get(column.key), number == 0, numeric[column.key], line in bold[column.key])
                for number, column in enumerate(columns)
            )
        )
        for line, row in enumerate(rows)
    )
    title = Markup("<caption>{}</caption>\n").format(caption) if caption else Markup("")
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table{}>\n{}'
        "<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody></table></div>"
    ).format(caption or "Table", Markup(' class="stacked"') if stacked else "", title, head, body)


def markdown_table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    """Return the same table in Markdown, without bold."""
    return markdown(
        [column.header for column in columns],
        [
            [" ".join(cell(row.get(column.key), column.digits, column.difference).split()) for column in columns]
            for row in rows
        ],
    )


def _html_cell(column: Column, value: Any, heads: bool, numeric: bool, best: bool) -> Markup:
    text, interval = value if isinstance(value, str) else _minus(cell(value, column.digits, column.difference)), ""
    if isinstance(value, (Interval, Summary)):
        text, *behind = map(_minus, cell_parts(value, column.digits, column.difference))
        interval = Markup("").join(Markup(' <span class="interval">{}</span>').format(part) for part in behind if part)
    if best:
        text = Markup("<strong>{}</strong>").format(text)
    text = Markup("{}{}").format(text, interval)
    if heads:
        return Markup('<th scope="row"{}>{}</th>').format(_align(numeric), text)
    return Markup("<td{}>{}</td>").format(_align(numeric), text)


def _minus(number: str) -> str:
    return number.replace("-", "−")


def _arrow(best: str) -> Markup:
    """Return an arrow to what is better, which says so in words where a pointer rests on it."""
    words = f"{best} is better" if best in ("lower", "higher") else "best near 1"
    return Markup('&nbsp;<abbr title="{}">{}</abbr>').format(words, ARROWS[best]) if best else Markup("")


def _align(numeric: bool) -> Markup:
    return Markup(' class="number"') if numeric else Markup("")


def _plain(value: Any) -> float | None:
    """Return the number that a cell is compared by, or None where it holds none."""
    if isinstance(value, Summary):
        value = value.interval
    if isinstance(value, Interval):
        value = value.mean
    if value is None or isinstance(value, (str, bool)):
        return None
    value = float(value)
    return None if math.isnan(value) else value


def _is_numeric(column: Column, rows: Sequence[Row]) -> bool:
    values = [row.get(column.key) for row in rows]
    given = [value for value in values if value is not None]
    return bool(given) and not any(isinstance(value, (str, bool)) for value in given)


def _best(values: Sequence[Any], digits: int, better: str) -> set[int]:
    """Return the places of the values which, as they are shown, are the best; none where all are the same."""
    plain = {place: _plain(value) for place, value in enumerate(values)}
    shown = {place: round(value, digits) for place, value in plain.items() if value is not None}
    if not better or len(set(shown.values())) < 2:
        return set()
    cost = {"lower": lambda v: v, "higher": lambda v: -v, "near 1": lambda v: abs(v - 1)}[better]
    best = min(map(cost, shown.values()))
    return {place for place, value in shown.items() if cost(value) == best}
