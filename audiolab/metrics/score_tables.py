"""Tables of scores: by system, of differences to a baseline, by group, and of what not every utterance has."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeVar

from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.scores import NATURAL, Metric, Score
from audiolab.metrics.summary import SystemSummary, compare, summarise
from audiolab.metrics.table import UNRANKED, Column, Table, markdown

Row = TypeVar("Row", bound=Score)
Means = Mapping[str, Mapping[str, Interval]]
"""Group, such as a pair of speakers or a set -> system -> mean."""


def system_table(
    summaries: Sequence[SystemSummary],
    metrics: Sequence[Metric],
    groups: str = "",
    units: str = "Utterances",
    unranked: Collection[str] = (NATURAL,),
) -> Table:
    """Return one row a system: mean and 95 % interval over utterances, and the spread over seeds.

    Args:
        summaries: Of each system.
        metrics: Which scores; what no system has a value of is left out.
        groups: Title above the number of groups; empty: it is not shown.
        units: Title above the number of utterances.
        unranked: Systems that are no contenders, whose values are not among those of which the best is marked.
    """
    titles = {"system": "System", "groups": groups, "utterances": units, "seeds": "Seeds"}
    about = [Column(key, title) for key, title in titles.items() if title]
    rows = [
        {**vars(summary), "seeds": summary.seeds or None, UNRANKED: summary.system in unranked, **summary.metrics}
        for summary in summaries
    ]
    shown = [Column.of(metric) for metric in metrics if any(row[metric.column] is not None for row in rows)]
    return Table([*about, *shown], rows, about=len(about))


def system_parts(
    summaries: Sequence[SystemSummary], metrics: Sequence[Metric], groups: str = "", units: str = "Utterances"
) -> list[str]:
    """Return `system_table` in Markdown, and which of the metrics it has not."""
    table = system_table(summaries, metrics, groups, units)
    keys = {column.key for column in table.columns}
    missing = [metric.name for metric in metrics if metric.column not in keys]
    parts = [markdown(table), f"Not measured: {', '.join(missing)}." if missing else ""]
    return [part for part in parts if part]


def difference_table(scores: Sequence[Score], metrics: Sequence[Metric], baseline: str, seed: int = 0) -> Table:
    """Return one row a system: mean of its paired differences to the baseline, with the 95 % interval.

    What was not measured is left out.

    Raises:
        AudiolabError: The baseline was not scored.
    """
    shown = measured(scores, metrics)
    found = {metric.column: compare(scores, baseline, metric.column, seed) for metric in shown}
    systems = [system for system in dict.fromkeys(score.system for score in scores) if system != baseline]
    rows = [{"system": system, **{column: of[system] for column, of in found.items()}} for system in systems]
    return Table([Column("system", "System"), *map(Column.of_differences, shown)], rows, about=1)


def group_table(
    title: str,
    means: Means,
    metric: Metric,
    systems: Iterable[str],
    differences: bool = False,
    unranked: Collection[str] = (NATURAL,),
) -> Table:
    """Return one row a group and one column a system.

    Args:
        title: Title above the groups' names.
        means: One metric's, or its differences.
        metric: Which one.
        systems: The order of the columns; those that no group has are left out.
        differences: ``means`` are differences, of which none is the best of a row.
        unranked: As of `system_table`.
    """
    known = {system for of_group in means.values() for system in of_group}
    columns = [
        Column(system, system, digits=metric.digits, difference=differences, ranked=system not in unranked)
        for system in dict.fromkeys(systems)
        if system in known
    ]
    rows = [{**of_group, "group": name} for name, of_group in means.items()]
    return Table([Column("group", title), *columns], rows, best_of_row="" if differences else metric.better)


def measured(scores: Sequence[Score], metrics: Sequence[Metric]) -> list[Metric]:
    """Return the metrics that some of the scores have a value of."""
    return [metric for metric in metrics if any(_has_value(score, metric) for score in scores)]


def measured_part(scores: Sequence[Row], metrics: Sequence[Metric]) -> tuple[list[Row], list[Metric]]:
    """Return the scores that have one of the metrics, and the metrics that one of the scores has."""
    found = measured(scores, metrics)
    return [score for score in scores if any(_has_value(score, metric) for metric in found)], found


def further_parts(
    scores: Sequence[Score],
    metrics: Sequence[Metric],
    title: str,
    baselines: Sequence[str],
    seed: int,
    groups: str = "",
) -> list[str]:
    """Return heading, table by system, and tables of differences, in Markdown; nothing where nothing was measured.

    Args:
        scores: Rows of ``scores.csv``.
        metrics: Which scores; not every utterance has them.
        title: The heading, such as ``### Judges``.
        baselines: Systems to which the others are compared, where they were measured.
        seed: Seed of the bootstrap.
        groups: As of `system_table`.
    """
    rows, found = measured_part(scores, metrics)
    if not rows:
        return []
    systems = {score.system for score in rows}
    level, _, name = title.partition(" ")
    parts = [title, *system_parts(summarise(rows, found, seed), found, groups)]
    for baseline in baselines:
        if baseline in systems and len(systems) > 1:
            parts.append(f"{level}# {name}: difference to {baseline}")
            parts.append(markdown(difference_table(rows, found, baseline, seed)))
    return parts


def _has_value(score: Score, metric: Metric) -> bool:
    return not math.isnan(score.values.get(metric.column, math.nan))
