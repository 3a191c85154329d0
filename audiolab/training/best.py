"""Which checkpoints are the best, and whether training still brings better ones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.training.checkpoint import Checkpoints, Ranking
from audiolab.training.config import TrainerConfig


class Best:
    """Ranks checkpoints by the metric ``best``, and counts validations since the best score of all.

    Args:
        config: ``best``, ``best_mode``, ``keep_best`` and ``patience``; without ``best`` nothing is ranked or counted.

    Attributes:
        ranking: The checkpoints that are to be kept.
        since: Validations since the best one.
    """

    def __init__(self, config: TrainerConfig) -> None:
        self.metric, self.keep, self.patience = config.best, config.keep_best, config.patience
        self.sign = 1 if config.best_mode == "min" else -1
        self.ranking: Ranking = []
        self.score: float | None = None
        self.since = 0

    def check(self, scores: Mapping[str, float]) -> None:
        """See whether validation gives the metric.

        Raises:
            AudiolabError: It does not.
        """
        if self.metric and self.metric not in scores:
            hint = did_you_mean(self.metric, scores)
            raise AudiolabError(f"trainer.best is '{self.metric}', which validation does not give{hint}")

    def count(self, scores: Mapping[str, float]) -> None:
        """Count one validation; a score that equals the best one, or is NaN, is no better one."""
        if not self.metric:
            return
        score = scores[self.metric]
        if score == score and (self.score is None or self.sign * score < self.sign * self.score):
            self.score, self.since = score, 0
        else:
            self.since += 1

    def rank(self, scores: Mapping[str, float], step: int) -> None:
        """Take the checkpoint of a step into the ranking; of equal scores the earlier step is better, NaN is none."""
        if not self.metric:
            return
        entries = [(score, other) for score, other in self.ranking if other != step]
        if not math.isnan(scores[self.metric]):
            entries.append((scores[self.metric], step))
        self.ranking = sorted(entries, key=lambda entry: (self.sign * entry[0], entry[1]))[: self.keep]

    @property
    def over(self) -> bool:
        """Whether training ends: there was nothing better for as long as ``patience`` allows."""
        return self.patience is not None and self.since >= self.patience

    def state(self) -> dict[str, Any]:
        """Return ranking, score and count, for a checkpoint."""
        return {"best": self.ranking, "patience": {"best": self.score, "since": self.since}}

    def load(self, state: Mapping[str, Any], checkpoints: Checkpoints) -> None:
        """Go on from what `state` gave, without checkpoints that the user has deleted."""
        self.ranking = checkpoints.there([(score, step) for score, step in state["best"]])
        self.score, self.since = state["patience"]["best"], state["patience"]["since"]
