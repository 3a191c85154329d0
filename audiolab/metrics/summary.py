"""Scores by utterance made into means with confidence intervals: by system, by group, against a baseline."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import Interval, mean_interval
from audiolab.metrics.scores import UNTRAINED, Metric, Score

Unit = tuple[str, ...]
"""`Score.unit`; its scores of several seeds are averaged first."""

Item = TypeVar("Item")
Group = TypeVar("Group")


@dataclass(frozen=True)
class Summary:
    """A system's mean of one metric.

    Attributes:
        interval: Mean and interval over utterances.
        seed_spread: Standard deviation over seeds of the seed's mean, over the utterances which all seeds have; NaN
            with one seed or without such.
        utterances: How many the system has; the metric is defined for ``interval.count`` of them.
    """

    interval: Interval
    seed_spread: float
    utterances: int

    @property
    def partial(self) -> str:
        """``(n)``, the number of utterances, where the metric is not defined for all, else nothing."""
        return "" if self.interval.count == self.utterances else f"({self.interval.count})"


@dataclass(frozen=True)
class SystemSummary:
    """All metrics of one system; a metric that is defined for none of its utterances is None.

    Attributes:
        system: Its name.
        groups: Number of different units but for the utterance: pairs of speakers in voice conversion.
        seeds: Number of training runs' seeds.
        utterances: Number of different units.
        metrics: Metric's column -> summary.
    """

    system: str
    groups: int
    seeds: int
    utterances: int
    metrics: dict[str, Summary | None]


def summarise(scores: Sequence[Score], metrics: Sequence[Metric], seed: int = 0) -> list[SystemSummary]:
    """Return the summary of each system, in the order in which they first stand in ``scores``.

    Args:
        scores: Rows of ``scores.csv``.
        metrics: Which scores.
        seed: Seed of the bootstrap; each cell draws from its own generator, so a cell does not depend on the others.
    """
    return [_summarise(system, rows, metrics, seed) for system, rows in group(scores, lambda s: s.system).items()]


def summarise_by(
    scores: Sequence[Score], key: Callable[[Score], Group], column: str, seed: int = 0
) -> dict[Group, dict[str, Interval]]:
    """Return group -> system -> mean of one metric over the group's utterances; ``key`` gives a score's group."""
    return {
        name: {
            system: mean_of_units(units, rows, seed)
            for system, rows in group(of_group, lambda s: s.system).items()
            if (units := by_unit(rows, column))
        }
        for name, of_group in group(scores, key).items()
    }


def compare(scores: Sequence[Score], baseline: str, column: str, seed: int = 0) -> dict[str, Interval | None]:
    """Return system -> mean of its score minus the baseline's on the utterances that both have (None: no such).

    Raises:
        AudiolabError: The baseline was not scored.
    """
    check_baseline(scores, baseline)
    systems = group(scores, lambda s: s.system)
    base = by_unit(systems[baseline], column)
    differences: dict[str, Interval | None] = {}
    for system, rows in systems.items():
        if system == baseline:
            continue
        units = by_unit(rows, column)
        common = sorted(units.keys() & base.keys())
        apart = {unit: units[unit] - base[unit] for unit in common}
        differences[system] = mean_of_units(apart, rows, seed) if common else None
    return differences


def check_baseline(scores: Iterable[Score], baseline: str) -> None:
    """Raise `AudiolabError` where a system that others are to be compared with was not scored."""
    systems = dict.fromkeys(score.system for score in scores)
    if baseline not in systems:
        raise AudiolabError(f"baseline '{baseline}' was not scored; scored are: {', '.join(systems)}")


def extent(scores: Sequence[Score], *further: tuple[int, str], unit: str = "utterance") -> str:
    """Return over how much numbers were taken: ``8 utterances, 2 pairs, 3 seeds``.

    Args:
        scores: What they were taken of.
        further: (count, name) of what else is told, between units and seeds.
        unit: What a unit is called.
    """
    counts = [(len({score.unit for score in scores}), unit), *further]
    if seeds := {score.seed for score in scores} - {UNTRAINED}:
        counts.append((len(seeds), "seed"))
    return ", ".join(f"{count} {name}{'s' if count > 1 else ''}" for count, name in counts)


def by_unit(scores: Iterable[Score], column: str) -> dict[Unit, float]:
    """Return the mean over seeds of one metric for each unit; what is not defined is left out."""
    values = defaultdict(list)
    for score in scores:
        if not math.isnan(score.values[column]):
            values[score.unit].append(score.values[column])
    return {unit: float(np.mean(values[unit])) for unit in sorted(values)}


def mean_of_units(values: Mapping[Unit, float], scores: Iterable[Score], seed: int) -> Interval:
    """Return the mean of units' values; ``scores``, in which all of them are, say what is drawn in the bootstrap."""
    clusters = {score.unit: score.cluster for score in scores}
    drawn = [clusters[unit] for unit in values]
    return mean_interval(np.array(list(values.values())), np.random.default_rng(seed), drawn)


def group(items: Iterable[Item], key: Callable[[Item], Group]) -> dict[Group, list[Item]]:
    """Return ``key`` -> its items, in the order of first appearance."""
    groups = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(groups)


def _summarise(system: str, rows: list[Score], metrics: Sequence[Metric], seed: int) -> SystemSummary:
    utterances = {row.unit for row in rows}
    found: dict[str, Summary | None] = {}
    for metric in metrics:
        units = by_unit(rows, metric.column)
        if not units:
            found[metric.column] = None
            continue
        interval = mean_of_units(units, rows, seed)
        found[metric.column] = Summary(interval, _seed_spread(rows, metric.column), len(utterances))
    trained = len({row.seed for row in rows} - {UNTRAINED})
    return SystemSummary(system, len({unit[:-1] for unit in utterances}), trained, len(utterances), found)


def _seed_spread(rows: list[Score], column: str) -> float:
    """Return the standard deviation over seeds of a seed's mean; what one seed lacks counts for none of them."""
    seeds = [by_unit(of_seed, column) for of_seed in group(rows, lambda s: s.seed).values()]
    seeds = [units for units in seeds if units]
    common = set.intersection(*map(set, seeds))
    if len(seeds) < 2 or not common:
        return math.nan
    return float(np.std([np.mean([units[unit] for unit in sorted(common)]) for units in seeds], ddof=1))
