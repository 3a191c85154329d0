"""The table of scores of converted utterances (``scores.csv``): its columns, and reading and writing it."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write


@dataclass(frozen=True)
class Metric:
    """One score: its column in ``scores.csv``, and how a table shows it."""

    column: str
    name: str
    unit: str
    digits: int
    better: Literal["lower", "higher", "near 1"]


METRICS = (
    Metric("mcd_db", "MCD", "dB", 2, "lower"),
    Metric("lsd_db", "Log-spectral distance", "dB", 2, "lower"),
    Metric("msd_db", "Modulation-spectrum distance", "dB", 2, "lower"),
    Metric("variance_ratio", "Variance ratio", "", 2, "near 1"),
    Metric("dependence", "Input dependence", "", 2, "higher"),
    Metric("collapsed", "Collapsed", "share", 2, "lower"),
    Metric("posterior_target", "Posterior of the target", "", 3, "higher"),
    Metric("posterior_source", "Posterior of the source", "", 3, "lower"),
    Metric("logf0_rmse", "ln F0 RMSE", "", 3, "lower"),
    Metric("voicing_error", "V/UV error", "share", 3, "lower"),
)
UNTRAINED = "-"
"""What stands for the seed of a system that is not trained."""
KEYS = ("system", "seed", "source", "target", "utterance")
CONDITIONS = ("alpha", "order")
COLUMNS = (*KEYS, *(metric.column for metric in METRICS), *CONDITIONS)


@dataclass(frozen=True)
class Score:
    """One converted utterance.

    Attributes:
        system: Name of the system.
        seed: Its training run's seed, as text; `UNTRAINED` where there is none.
        source: Source speaker.
        target: Target speaker.
        utterance: Id of the converted utterance.
        values: Metric's column -> value; NaN where the metric is not defined for this utterance.
        alpha: All-pass constant of the mel-cepstra.
        order: Their order.
    """

    system: str
    seed: str
    source: str
    target: str
    utterance: str
    values: dict[str, float]
    alpha: float
    order: int


def write_scores(path: str | Path, scores: Iterable[Score]) -> None:
    """Write ``scores.csv``, one row an utterance, atomically; an empty cell is an undefined value."""
    with atomic_write(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for score in scores:
            values = (score.values[metric.column] for metric in METRICS)
            texts = ("" if math.isnan(value) else f"{value:.6g}" for value in values)
            writer.writerow([*(getattr(score, key) for key in KEYS), *texts, f"{score.alpha:g}", score.order])


def read_scores(path: str | Path) -> list[Score]:
    """Return the rows of a ``scores.csv``.

    Raises:
        AudiolabError: The file is missing, empty, or a row has a wrong column or value.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise AudiolabError(f"{path}: cannot read the scores: {error.strerror}; score_vc writes them") from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise AudiolabError(f"{path}:1: the columns are not those of score_vc; score again")
    if len(rows) == 1:
        raise AudiolabError(f"{path}: no utterance was scored")
    return [_score(row, f"{path}:{number}") for number, row in enumerate(rows[1:], start=2)]


def _score(row: list[str], place: str) -> Score:
    if len(row) != len(COLUMNS):
        raise AudiolabError(f"{place}: {len(row)} columns in place of {len(COLUMNS)}")
    cells = dict(zip(COLUMNS, row))
    try:
        values = {m.column: float(cells[m.column]) if cells[m.column] else math.nan for m in METRICS}
        return Score(*(cells[key] for key in KEYS), values, float(cells["alpha"]), int(cells["order"]))
    except ValueError as error:
        raise AudiolabError(f"{place}: {error}") from error
