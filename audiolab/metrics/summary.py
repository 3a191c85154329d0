"""Scores by utterance made into means with confidence intervals: by system, by pair, against a baseline."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import Interval, mean_interval, paired_difference
from audiolab.metrics.scores import METRICS, UNTRAINED, Score

Unit = tuple[str, str, str]
"""(source, target, utterance): what is drawn in the bootstrap; its scores of several seeds are averaged first."""


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
        pairs: Number of (source, target) pairs.
        seeds: Number of training runs' seeds.
        utterances: Number of different (source, target, utterance).
        metrics: Metric's column -> summary.
    """

    system: str
    pairs: int
    seeds: int
    utterances: int
    metrics: dict[str, Summary | None]


def summarise(scores: Sequence[Score], seed: int = 0) -> list[SystemSummary]:
    """Return the summary of each system, in the order in which they first stand in ``scores``.

    Args:
        scores: Rows of ``scores.csv``.
        seed: Seed of the bootstrap; each cell draws from its own generator, so a cell does not depend on the others.
    """
    return [_summarise_system(system, rows, seed) for system, rows in group(scores, lambda s: s.system).items()]


def summarise_pairs(scores: Sequence[Score], column: str, seed: int = 0) -> dict[tuple[str, str], dict[str, Interval]]:
    """Return (source, target) -> system -> mean of one metric over the pair's utterances."""
    return {
        pair: {
            system: mean_interval(np.array(list(units.values())), np.random.default_rng(seed))
            for system, rows in group(of_pair, lambda s: s.system).items()
            if (units := by_unit(rows, column))
        }
        for pair, of_pair in group(scores, lambda s: (s.source, s.target)).items()
    }


def compare(scores: Sequence[Score], baseline: str, column: str, seed: int = 0) -> dict[str, Interval | None]:
    """Return system -> mean of its score minus the baseline's on the utterances that both have (None: no such).

    Raises:
        AudiolabError: The baseline was not scored.
    """
    systems = group(scores, lambda s: s.system)
    if baseline not in systems:
        raise AudiolabError(f"baseline '{baseline}' was not scored; scored are: {', '.join(systems)}")
    base = by_unit(systems[baseline], column)
    differences: dict[str, Interval | None] = {}
    for system, rows in systems.items():
        if system == baseline:
            continue
        units = by_unit(rows, column)
        common = sorted(units.keys() & base.keys())
        pair = [np.array([table[unit] for unit in common]) for table in (units, base)]
        differences[system] = paired_difference(*pair, np.random.default_rng(seed)) if common else None
    return differences


def by_unit(scores: Iterable[Score], column: str) -> dict[Unit, float]:
    """Return the mean over seeds of one metric for each unit; what is not defined is left out."""
    values = defaultdict(list)
    for score in scores:
        if not math.isnan(score.values[column]):
            values[score.source, score.target, score.utterance].append(score.values[column])
    return {unit: float(np.mean(values[unit])) for unit in sorted(values)}


def group(scores: Iterable[Score], key: Callable[[Score], object]) -> dict:
    """Return ``key`` -> its scores, in the order of first appearance."""
    groups = defaultdict(list)
    for score in scores:
        groups[key(score)].append(score)
    return dict(groups)


def _summarise_system(system: str, rows: list[Score], seed: int) -> SystemSummary:
    utterances = {(row.source, row.target, row.utterance) for row in rows}
    metrics: dict[str, Summary | None] = {}
    for metric in METRICS:
        units = by_unit(rows, metric.column)
        if not units:
            metrics[metric.column] = None
            continue
        interval = mean_interval(np.array(list(units.values())), np.random.default_rng(seed))
        metrics[metric.column] = Summary(interval, _seed_spread(rows, metric.column), len(utterances))
    trained = len({row.seed for row in rows} - {UNTRAINED})
    return SystemSummary(system, len({unit[:2] for unit in utterances}), trained, len(utterances), metrics)


def _seed_spread(rows: list[Score], column: str) -> float:
    """Return the standard deviation over seeds of a seed's mean; what one seed lacks counts for none of them."""
    seeds = [by_unit(of_seed, column) for of_seed in group(rows, lambda s: s.seed).values()]
    seeds = [units for units in seeds if units]
    common = set.intersection(*map(set, seeds))
    if len(seeds) < 2 or not common:
        return math.nan
    return float(np.std([np.mean([units[unit] for unit in sorted(common)]) for units in seeds], ddof=1))
