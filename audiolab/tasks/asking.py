"""Asking judges of signals in processes, and what becomes of their verdicts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import joblib
import numpy as np

from audiolab.errors import AudiolabError
from audiolab.metrics.judges.cache import Cache, Verdict
from audiolab.metrics.judges.judge import Judge
from audiolab.metrics.refusal import Refusal
from audiolab.metrics.scores import Score
from audiolab.tasks.scoring import attempt, processes

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Score)


@dataclass(frozen=True)
class Judged(Generic[Row]):
    """Scores to which judges added.

    Attributes:
        scores: The scores.
        refused: What judges had nothing to say of, one line each.
        asked: Names of the judges that were asked.
    """

    scores: list[Row]
    refused: list[str]
    asked: frozenset[str]


@dataclass(frozen=True)
class Task:
    """A signal to judge.

    Attributes:
        load: Returns it, [N] at `audiolab.metrics.judges.judge.RATE`.
        judges: Who is asked.
    """

    load: Callable[[], np.ndarray]
    judges: tuple[Judge, ...]


def ask(tasks: Sequence[Task], cache: Cache, nj: int) -> list[dict[str, Verdict]]:
    """Return for each task judge's name -> verdict; in ``nj`` processes of one thread each.

    Raises:
        AudiolabError: A signal or a judge cannot be loaded.
    """
    logger.info("%d signals to be judged", len(tasks))
    with processes(nj):
        found = joblib.Parallel()(joblib.delayed(attempt)(_ask, task, cache) for task in tasks)
    for verdicts in found:
        if isinstance(verdicts, str):
            raise AudiolabError(verdicts)
    return found


def _ask(task: Task, cache: Cache) -> dict[str, Verdict]:
    wave = task.load()
    return {judge.name: cache.verdict(judge, wave) for judge in task.judges}


def names(tasks: Sequence[Task]) -> frozenset[str]:
    """Return the names of the judges that have something to judge."""
    return frozenset(judge.name for task in tasks for judge in task.judges)


def columns(
    verdicts: Mapping[str, Verdict], makers: Mapping[str, Callable[[Any], dict[str, float]]]
) -> tuple[dict[str, float], dict[str, str]]:
    """Return (column -> value, judge's name -> why it gave none).

    Args:
        verdicts: Judge's name -> what it said of an utterance.
        makers: Judge's name -> what makes columns of that; without one it said columns.
    """
    values, refused = {}, {}
    for name, verdict in verdicts.items():
        try:
            if verdict.refused:
                raise Refusal(verdict.refused)
            values |= makers[name](verdict.value) if name in makers else verdict.value
        except Refusal as refusal:
            refused[name] = str(refusal)
    return values, refused
