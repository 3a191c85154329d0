"""The answers to a listening test, collected: mean opinion scores with their 95 % confidence intervals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import Interval
from audiolab.report.listening import KEY_COLUMNS
from audiolab.report.tables import Column
from audiolab.text import read_records

ANSWER_COLUMNS = ("test", "listener", "position", "sample", "naturalness", "similarity")
QUESTIONS = ("naturalness", "similarity")
OPINION_COLUMNS = (
    Column("system", "System"),
    Column("naturalness", "Naturalness", "MOS"),
    Column("similarity", "Similarity", "MOS"),
    Column("ratings", "Ratings"),
    Column("listeners", "Listeners"),
)


@dataclass(frozen=True)
class Opinion:
    """A system's mean opinion scores, on a scale of 1 to 5, and how many ratings of how many listeners they rest on."""

    system: str
    naturalness: Interval
    similarity: Interval
    ratings: int
    listeners: int


def collect(answers: Sequence[str | Path], key: str | Path) -> list[Opinion]:
    """Return the opinion of each system, in the order of the key's systems by name.

    Args:
        answers: The CSV files which listeners sent.
        key: The key that was written with the page.

    Raises:
        AudiolabError: A file is missing or of another test, a rating is no whole number from 1 to 5, a sample is not
            in the key, or one listener's answer to a sample is there twice.
    """
    systems = _read_key(key)
    seen: dict[tuple[str, str], str] = {}
    ratings: dict[str, list[tuple[int, int]]] = defaultdict(list)
    listeners: dict[str, set[str]] = defaultdict(set)
    for path in answers:
        for place, row in _rows(path, ANSWER_COLUMNS):
            if (row["test"], row["sample"]) not in systems:
                raise AudiolabError(f"{place}: test '{row['test']}' sample '{row['sample']}' is not in {key}")
            answer = row["listener"], row["sample"]
            if answer in seen:
                raise AudiolabError(f"{place}: '{answer[0]}' rated '{answer[1]}' in {seen[answer]} already; drop one")
            seen[answer] = place
            system = systems[row["test"], row["sample"]]
            ratings[system].append(tuple(_rating(row[question], question, place) for question in QUESTIONS))
            listeners[system].add(row["listener"])
    if not ratings:
        raise AudiolabError("listening test: there is no answer in these files")
    return [
        Opinion(system, *map(mos, np.array(ratings[system]).T), len(ratings[system]), len(listeners[system]))
        for system in sorted(ratings)
    ]


def mos(ratings: np.ndarray) -> Interval:
    """Return the mean of ratings [N] and its 95 % interval by Student's t; one rating has none (NaN).

    Ratings count as independent, as in the papers; those of one listener are not quite, so the interval is somewhat
    too narrow with few listeners.
    """
    mean, count = float(np.mean(ratings)), len(ratings)
    if count < 2:
        return Interval(mean, float("nan"), float("nan"), count)
    half = float(stats.t.ppf(0.975, count - 1) * np.std(ratings, ddof=1) / np.sqrt(count))
    return Interval(mean, mean - half, mean + half, count)


def _read_key(path: str | Path) -> Mapping[tuple[str, str], str]:
    return {(row["test"], row["sample"]): row["system"] for _, row in _rows(path, KEY_COLUMNS)}


def _rows(path: str | Path, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Return (file:line, row) of a CSV with exactly these columns."""
    return read_records(path, columns, ",", "this CSV")


def _rating(text: str, question: str, place: str) -> int:
    if text not in {"1", "2", "3", "4", "5"}:
        raise AudiolabError(f"{place}: {question} is '{text}', not a whole number from 1 to 5")
    return int(text)
