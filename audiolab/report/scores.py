"""Scores on a page: tables of systems and of groups, plots with intervals, and how all of it was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.scores import NATURAL, Metric, Score
from audiolab.metrics.summary import compare, summarise
from audiolab.metrics.table import measured, split
from audiolab.report import page, plots, tables
from audiolab.report.tables import Column

WIDEST = 8
"""Most scores beside each other in a table."""
Means = Mapping[str, Mapping[str, Interval | None]]
"""Group, such as a pair of speakers or a set -> system -> mean."""


def column(metric: Metric) -> Column:
    """Return the column of a metric's means."""
    return Column(metric.column, metric.name, metric.unit, metric.digits, metric.better)


def system_table(
    scores: Sequence[Score], metrics: Sequence[Metric], caption: str, groups: str = "", stacked: bool = False
) -> Markup:
    """Return one row a system with the means of all metrics; what is defined for no system is left out; there
    are several tables where there are many scores.

    Args:
        scores: Rows of ``scores.csv``.
        metrics: Which scores.
        caption: Stands above the table.
        groups: Title above the number of groups; empty: it is not shown.
        stacked: Intervals stand below their means, so that more columns fit.
    """
    about = [
        Column("system", "System"),
        *([Column("groups", groups)] if groups else []),
        Column("utterances", "Utterances"),
        Column("seeds", "Seeds"),
    ]
    rows = [
        {
            "system": s.system, "groups": s.groups, "utterances": s.utterances, "seeds": s.seeds or None,
            tables.UNRANKED: s.system == NATURAL, **s.metrics,
        }
        for s in summarise(scores, metrics)
    ]  # fmt: skip
    about = [c for c in about if any(row[c.key] is not None for row in rows)]
    parts = split(measured(scores, metrics), WIDEST)
    return page.join(
        *(tables.html_table([*about, *map(column, part)], rows, caption, stacked=stacked) for part in parts)
    )


def difference_table(scores: Sequence[Score], metrics: Sequence[Metric], baseline: str, caption: str) -> Markup:
    """Return one row a system with the means of its paired differences to a baseline, which was scored."""
    shown = measured(scores, metrics)
    found = {metric.column: compare(scores, baseline, metric.column) for metric in shown}
    systems = [system for system in dict.fromkeys(score.system for score in scores) if system != baseline]
    rows = [{"system": s, **{column: of[s] for column, of in found.items()}} for s in systems]
    return page.join(
        *(
            tables.html_table(
                [
                    Column("system", "System"),
                    *(Column(m.column, m.name, m.unit, m.digits, difference=True) for m in part),
                ],
                rows,
                caption,
                stacked=True,
            )
            for part in split(shown, WIDEST)
        )
    )


def group_table(
    title: str, means: Means, metric: Metric, caption: str, best: bool = False, differences: bool = False
) -> Markup:
    """Return one row a group and one column a system.

    Args:
        title: Title above the groups' names.
        means: One metric's, or its differences.
        metric: Which one.
        caption: Stands above the table.
        best: The best of each row is set in bold.
        differences: ``means`` are differences.
    """
    systems = dict.fromkeys(system for of_group in means.values() for system in of_group)
    columns = [Column("group", title)]
    columns += [Column(s, s, digits=metric.digits, difference=differences, ranked=s != NATURAL) for s in systems]
    rows = [{**of_group, "group": name} for name, of_group in means.items()]
    return tables.html_table(columns, rows, caption, best_of_row=metric.better if best else "", stacked=differences)


def group_plot(group: str, means: Mapping[str, Mapping[str, Interval]], metric: Metric) -> Markup:
    """Return a metric's means and intervals by group and system; ``group`` is what a group is, such as a pair."""
    better = {"lower": "lower is better", "higher": "higher is better"}.get(metric.better, metric.better)
    alt = f"{metric.name} of each {group} and system, with 95 % intervals; the numbers are in the tables below."
    return page.plot(plots.intervals(means, f"{column(metric).header}, {better}"), f"scores-{metric.column}", alt)


def how_measured(lines: Sequence[str]) -> Markup:
    """Return how scores were measured and how the numbers are to be read, an entry of a list each, folded."""
    return page.fold("How it was measured", page.bullets(lines))
