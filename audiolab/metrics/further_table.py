"""Tables of the scores that not every utterance has: those of trained judges, and what the paper does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from audiolab.metrics.scores import Metric, Score
from audiolab.metrics.summary import summarise
from audiolab.metrics.table import difference_table, has_value, measured, system_table

Row = TypeVar("Row", bound=Score)


def measured_part(scores: Sequence[Row], metrics: Sequence[Metric]) -> tuple[list[Row], list[Metric]]:
    """Return the scores that have one of the metrics, and the metrics that one of the scores has."""
    found = measured(scores, metrics)
    return [score for score in scores if any(has_value(score, metric) for metric in found)], found


def further_parts(
    scores: Sequence[Score],
    metrics: Sequence[Metric],
    title: str,
    baselines: Sequence[str],
    seed: int,
    groups: str = "",
) -> list[str]:
    """Return heading, table by system, and tables of differences; nothing where nothing was measured.

    Args:
        scores: Rows of ``scores.csv``.
        metrics: Which scores.
        title: The heading, such as ``### Judges``.
        baselines: Systems to which the others are compared, where they were measured.
        seed: Seed of the bootstrap.
        groups: As of `audiolab.metrics.table.system_table`.
    """
    rows, found = measured_part(scores, metrics)
    if not rows:
        return []
    systems = {score.system for score in rows}
    level, _, name = title.partition(" ")
    parts = [title, system_table(summarise(rows, found, seed), found, groups)]
    for baseline in baselines:
        if baseline in systems and len(systems) > 1:
            parts.append(f"{level}# {name}: difference to {baseline}")
            parts.append(difference_table(rows, found, baseline, seed))
    return parts
