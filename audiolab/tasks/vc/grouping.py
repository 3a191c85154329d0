"""Scores of conversions in groups: by pair of speakers or by target, conversions apart from reconstructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audiolab.metrics.score_tables import Means
from audiolab.metrics.scores import Metric
from audiolab.metrics.summary import summarise_by
from audiolab.tasks.vc.scores import ConversionScore

MOST_PAIRS = 16
"""With more, tables go by target, and intervals are for other pairs."""

_COSINES = {
    "speaker encoders trained here": ("encoder_target", "encoder_source"),
    "a judge that others trained": ("similarity_target", "similarity_source"),
}


@dataclass(frozen=True)
class OfManyPairs(ConversionScore):
    """A score among those of so many pairs that pairs are drawn in the bootstrap."""

    @property
    def cluster(self) -> tuple[str, str]:
        """The pair: intervals are for other pairs of such speakers."""
        return self.pair


def split(scores: Sequence[ConversionScore]) -> tuple[list[ConversionScore], list[ConversionScore]]:
    """Return the scores of conversions to other speakers, and those of reconstructions."""
    others = [score for score in scores if not score.itself]
    if has_many_pairs(others):
        others = [OfManyPairs(**vars(score)) for score in others]
    return others, [score for score in scores if score.itself]


def has_many_pairs(scores: Sequence[ConversionScore]) -> bool:
    """Return whether there are more than `MOST_PAIRS` pairs of speakers."""
    return len({score.pair for score in scores}) > MOST_PAIRS


def by_what(scores: Sequence[ConversionScore]) -> str:
    """Return what groups are: ``pair`` or, where there are many, ``target``."""
    return "target" if has_many_pairs(scores) else "pair"


def group_means(scores: Sequence[ConversionScore], metric: Metric, seed: int = 0) -> Means:
    """Return source → target, or the target where there are many pairs -> system -> mean of one metric."""
    key = by_what(scores)
    found = summarise_by(scores, lambda score: getattr(score, key), metric.column, seed)
    return {name if isinstance(name, str) else " → ".join(name): means for name, means in sorted(found.items())}


def nearer(scores: Sequence[ConversionScore]) -> list[str]:
    """Return in how many pairs each system's speech is nearer to the target than to the source, a line a judge.

    A pair's cosines are the means over its utterances and seeds.
    """
    lines = []
    for judge, columns in _COSINES.items():
        to_target, to_source = (summarise_by(scores, lambda score: score.pair, column) for column in columns)
        counts = []
        for system in dict.fromkeys(score.system for score in scores):
            pairs = [pair for pair, of in to_target.items() if system in of and system in to_source[pair]]
            near = sum(to_target[pair][system].mean > to_source[pair][system].mean for pair in pairs)
            if pairs:
                counts.append(f"{system} in {near} of {len(pairs)} ({100 * near / len(pairs):.0f} %)")
        if counts:
            lines.append(f"Pairs nearer to the target than to the source, by {judge}: {', '.join(counts)}.")
    return lines
