"""Tables in HTML."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.scores import cost
from audiolab.metrics.summary import Summary
from audiolab.metrics.table import ARROWS, NOT_SCORED, UNRANKED, Column, Row, Table, cell, cell_parts

WIDEST = 8
"""Most scores beside each other in a table."""


def header(title: str, unit: str) -> str:
    """Return a title with its unit, as in ``MCD [dB]``."""
    return f"{title} [{unit}]" if unit else title


def html_table(table: Table, caption: str = "", stacked: bool = False) -> Markup:
    """Return a ``<table>``, or several of a wide one; numbers are aligned right, all values are escaped.

    The best values are set in bold. Of the columns that stand in each part, those without any value are left out.

    Args:
        table: What to show; a value may be a `Markup`, too.
        caption: Stands above the table, of several above the first.
        stacked: Intervals stand below their means, so that more columns fit.
    """
    parts = table.parts(WIDEST)
    return Markup("\n").join(_html_table(part, caption, stacked, part is parts[0]) for part in parts)


def _html_table(table: Table, caption: str, stacked: bool, is_first: bool) -> Markup:
    rows = table.rows
    columns = [
        column
        for number, column in enumerate(table.columns)
        if number >= table.about or any(row.get(column.key) is not None for row in rows)
    ]
    numeric = {column.key: _is_numeric(column, rows) for column in columns}
    bold = _bold(columns, rows, table.best_of_row)
    head = Markup("").join(
        Markup('<th scope="col"{}>{}{}{}</th>').format(
            _align(numeric[c.key]), header(c.title, c.unit), _arrow(c.arrow), c.behind
        )
        for c in columns
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
    title = Markup("<caption>{}</caption>\n").format(caption) if caption and is_first else Markup("")
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table{}>\n{}'
        "<thead><tr>{}</tr></thead>\n<tbody>\n{}\n</tbody></table></div>"
    ).format(caption or "Table", Markup(' class="stacked"') if stacked else "", title, head, body)


def _bold(columns: Sequence[Column], rows: Sequence[Row], best_of_row: str) -> dict[str, set[int]]:
    """Return a column's key -> the numbers of the rows whose value is set in bold."""
    ranked = [{} if row.get(UNRANKED) else row for row in rows]
    bold = {c.key: _best([row.get(c.key) for row in ranked], c.digits, c.best) for c in columns}
    for line, row in enumerate(rows if best_of_row else ()):
        values = [row.get(column.key) if column.ranked else None for column in columns]
        for number in _best(values, columns[-1].digits, best_of_row):
            bold[columns[number].key].add(line)
    return bold


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


def _arrow(arrow: str) -> Markup:
    """Return an arrow to what is better, which says so in words where a pointer rests on it."""
    words = f"{arrow} is better" if arrow in ("lower", "higher") else "best near 1"
    return Markup('&nbsp;<abbr title="{}">{}</abbr>').format(words, ARROWS[arrow]) if arrow else Markup("")


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
    given = [value for value in values if value is not None and value != NOT_SCORED]
    return bool(given) and not any(isinstance(value, (str, bool)) for value in given)


def _best(values: Sequence[Any], digits: int, better: str) -> set[int]:
    """Return the places of the values which, as they are shown, are the best; none where all are the same."""
    plain = {place: _plain(value) for place, value in enumerate(values)}
    shown = {place: round(value, digits) for place, value in plain.items() if value is not None}
    if not better or len(set(shown.values())) < 2:
        return set()
    costs = {place: cost(value, better) for place, value in shown.items()}
    return {place for place, of_value in costs.items() if of_value == min(costs.values())}
