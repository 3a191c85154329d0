"""Scores on a page: plots with intervals, and how all of it was measured."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from audiolab.metrics.score_tables import Means, system_table
from audiolab.metrics.scores import Metric, Score
from audiolab.metrics.summary import summarise
from audiolab.report import page, plots, tables


def by_system(
    scores: Sequence[Score], metrics: Sequence[Metric], caption: str, groups: str = "", stacked: bool = False
) -> Markup:
    """Return the means of all systems; arguments as of `system_table` and `html_table`."""
    return tables.html_table(system_table(summarise(scores, metrics), metrics, groups), caption, stacked)


def group_plot(group: str, means: Means, metric: Metric) -> Markup:
    """Return a metric's means and intervals by group and system; ``group`` is what a group is, such as a pair."""
    better = {"lower": "lower is better", "higher": "higher is better"}.get(metric.better, metric.better)
    alt = f"{metric.name} of each {group} and system, with 95 % intervals; the numbers are in the tables below."
    return page.plot(
        plots.intervals(means, f"{tables.header(metric.name, metric.unit)}, {better}"), f"scores-{metric.column}", alt
    )


def how_measured(lines: Sequence[str]) -> Markup:
    """Return how scores were measured and how the numbers are to be read, an entry of a list each, folded."""
    return page.fold("How it was measured", page.bullets(lines))
