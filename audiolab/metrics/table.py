"""What result tables in Markdown are made of: rows, headings and cells of scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.scores import Metric, Score
from audiolab.metrics.summary import Summary, SystemSummary, compare
from audiolab.textfile import read_records
from audiolab.yamltext import read_yaml

Row = TypeVar("Row")

NONE = "–"
ARROWS = {"lower": "↓", "higher": "↑", "near 1": "→1"}
"""`Metric.better` -> what stands behind a heading."""
WIDEST = 6
"""Most scores beside each other in a table that is to be read as text."""

LARGEST_REPORT = 1 << 23
"""Bytes of a ``scores.yaml``, which lists each recording that failed."""


def read_rows(path: str | Path, cls: type[Row], what: str) -> list[Row]:
    """Return the rows of a list by tabs, whose header is the fields of the dataclass ``cls``, all of them text.

    Args:
        path: The list.
        cls: What a row is made into.
        what: Name of the list, for messages, such as ``the paper's table``.

    Raises:
        AudiolabError: The file is missing, or a row does not have these columns.
    """
    columns = tuple(field.name for field in fields(cls))
    records = read_records(path, columns, "\t", what)
    return [cls(**row) for _, row in records]


def read_conditions(path: str | Path) -> dict[str, Any]:
    """Return what a ``scores.yaml`` says under ``conditions``: how the scores beside it were measured."""
    tree, _ = read_yaml(path, "how the scores were measured", LARGEST_REPORT)
    conditions = tree.get("conditions") if isinstance(tree, dict) else None
    if not isinstance(conditions, dict):
        raise AudiolabError(f"{path}: does not say under 'conditions' how the scores were measured; score again")
    return conditions


def markdown(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; numbers are aligned to the right, the first column to the left."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def split(metrics: Sequence[Metric], widest: int = WIDEST) -> list[Sequence[Metric]]:
    """Return the metrics in order, in as few tables of ``widest`` columns or less as hold them, of about one width.

    >>> [len(part) for part in split([None] * 10, 6)], split([], 6)
    ([5, 5], [])
    """
    if not metrics:
        return []
    parts = math.ceil(len(metrics) / widest)
    ends = [round(len(metrics) * part / parts) for part in range(parts + 1)]
    return [metrics[start:end] for start, end in itertools.pairwise(ends)]


def measured(scores: Sequence[Score], metrics: Sequence[Metric]) -> list[Metric]:
    """Return the metrics that some of the scores have a value of."""
    return [metric for metric in metrics if any(has_value(score, metric) for score in scores)]


def has_value(score: Score, metric: Metric) -> bool:
    """Return whether a score has a value of a metric."""
    return not math.isnan(score.values.get(metric.column, math.nan))


def system_table(summaries: Sequence[SystemSummary], metrics: Sequence[Metric], groups: str = "") -> str:
    """Return one row a system: mean ± half of the 95 % interval over utterances, and the spread over seeds.

    There are several tables below each other where there are many scores.

    Args:
        summaries: Of each system.
        metrics: Which scores; what no system has a value of is left out, and named below.
        groups: Heading above the number of groups; empty: it is not shown.
    """
    about = ["System", *([groups] if groups else []), "Utterances", "Seeds"]
    rows = [[s.system, *([s.groups] if groups else []), s.utterances, s.seeds or NONE] for s in summaries]
    shown = [metric for metric in metrics if any(s.metrics[metric.column] is not None for s in summaries)]
    tables = [
        markdown(
            [*about, *map(heading, part)],
            [[*row, *(cell(s.metrics[m.column], m.digits) for m in part)] for row, s in zip(rows, summaries)],
        )
        for part in split(shown)
    ]
    missing = [metric.name for metric in metrics if metric not in shown]
    return "\n\n".join([*tables, *([f"Not measured: {', '.join(missing)}."] if missing else [])])


def difference_table(scores: Sequence[Score], metrics: Sequence[Metric], baseline: str, seed: int = 0) -> str:
    """Return one row a system: mean of its paired differences to the baseline, with the 95 % interval.

    What was not measured is left out; there are several tables below each other where there are many scores.
    """
    shown = measured(scores, metrics)
    columns = {metric: compare(scores, baseline, metric.column, seed) for metric in shown}
    systems = [system for system in dict.fromkeys(score.system for score in scores) if system != baseline]
    return "\n\n".join(
        markdown(
            ["System", *map(difference_heading, part)],
            [[system, *(cell(columns[m][system], m.digits, difference=True) for m in part)] for system in systems],
        )
        for part in split(shown)
    )


def heading(metric: Metric) -> str:
    """Return a metric's name, unit and an arrow to what is better."""
    unit = f" ({metric.unit})" if metric.unit else ""
    return f"{metric.name}{unit} {ARROWS[metric.better]}"


def difference_heading(metric: Metric) -> str:
    """Return the heading above differences, which have no best value where the score's own is best near 1."""
    return heading(metric).removesuffix(" →1")


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
    return NONE if math.isnan(value) else f"{value:{sign}.{digits}f}"
