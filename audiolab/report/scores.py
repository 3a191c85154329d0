"""Scores on a page: plots with intervals, tables by set, differences, the paper's tables, how all was measured."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from audiolab.metrics.score_tables import Means, difference_table, measured_part, system_table
from audiolab.metrics.scores import NATURAL, Metric, Score
from audiolab.metrics.summary import SystemSummary, check_baseline, group, summarise
from audiolab.metrics.table import Table
from audiolab.report import page, plots, tables


def by_system(
    scores: Sequence[Score], metrics: Sequence[Metric], caption: str, groups: str = "", stacked: bool = False
) -> Markup:
    """Return the means of all systems; arguments as of `system_table` and `html_table`."""
    return tables.html_table(system_table(summarise(scores, metrics), metrics, groups), caption, stacked)


def by_set(
    scores: Sequence[Any],
    metrics: Sequence[Metric],
    further: Sequence[Metric],
    note: Callable[[Sequence[Any]], str],
    summaries: Callable[[Sequence[Any], Sequence[Metric]], list[SystemSummary]] = summarise,
    units: str = "Utterances",
    unranked: Collection[str] = (NATURAL,),
) -> Markup:
    """Return a plot of each metric over all sets, and of each set its tables of systems and a note.

    Args:
        scores: Rows of ``scores.csv``, which have a ``set``.
        metrics: Which scores.
        further: Which have a table of their own, in sets where some were measured.
        note: Gives the line under a set's tables.
        summaries: Gives the summary of each system.
        units: As of `system_table`.
        unranked: The same.
    """

    def table(of_set: Sequence[Any], shown: Sequence[Metric], caption: str) -> Markup:
        made = system_table(summaries(of_set, shown), shown, units=units, unranked=unranked)
        return tables.html_table(made, f"{caption}; the best of each column in bold")

    sets = group(scores, lambda score: score.set)
    found = {name: summaries(of_set, metrics) for name, of_set in sets.items()}
    drawings = []
    for metric in metrics:
        means = {
            name: {each.system: mean.interval for each in of_set if (mean := each.metrics[metric.column])}
            for name, of_set in found.items()
        }
        if means := {name: of_set for name, of_set in means.items() if of_set}:
            drawings.append(group_plot("set", means, metric))
    parts = []
    for name, of_set in sets.items():
        parts.append(table(of_set, metrics, name))
        rows, others = measured_part(of_set, further)
        if rows:
            parts.append(table(rows, others, f"{name}: further scores"))
        parts.append(page.note(note(of_set)))
    return page.join(page.grid(drawings, large=True), *parts)


def differences_by_set(scores: Sequence[Any], metrics: Sequence[Metric], baseline: str, unit: str) -> Markup:
    """Return the paired differences to a system, a table for each set that has it; ``unit`` is what is paired.

    Raises:
        AudiolabError: The system was not scored.
    """
    check_baseline(scores, baseline)
    shown = [
        tables.html_table(difference_table(of_set, metrics, baseline), name, stacked=True)
        for name, of_set in group(scores, lambda score: score.set).items()
        if baseline in {score.system for score in of_set}
    ]
    note = page.note(f"Means of differences by {unit}, with their 95 % intervals; above 0 is better.")
    return page.join(note, *shown)


def paper_tables(found: Iterable[tuple[Mapping[str, Table], Sequence[str]]]) -> Markup:
    """Return a paper's tables with our scores beside each figure: (caption -> table, notes that stand below)."""
    parts = [page.note("Figures of the paper are as printed there; its data and ours differ.")]
    for shown, notes in found:
        parts += [tables.html_table(table, caption, stacked=True) for caption, table in shown.items()]
        parts += [page.bullets(notes)] if notes else []
    return page.join(*parts)


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
