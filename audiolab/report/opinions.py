"""The answers to a listening test, collected: mean opinion scores with their 95 % confidence intervals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import Interval
from audiolab.metrics.table import Column
from audiolab.report.listening import KEY_COLUMNS
from audiolab.textfile import read_records

ANSWER_COLUMNS = ("test", "listener", "list", "position", "sample", "naturalness", "similarity")
QUESTIONS = ("naturalness", "similarity")
OPINION_COLUMNS = (
    Column("system", "System"),
    Column("naturalness", "Naturalness [MOS]"),
    Column("similarity", "Similarity [MOS]"),
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


def collect(answers: Sequence[str | Path], key: str | Path) -> tuple[list[Opinion], list[str]]:
    """Return the opinion of each system, by name, and what is to be known about the answers.

    A system's score is the mean over listeners of each one's mean, so that all of them weigh alike; its interval is
    over listeners. Who stopped early counts with what was rated; the same answer in two files counts once.

    Args:
        answers: The CSV files which listeners sent.
        key: The key that was written with the page.

    Raises:
        AudiolabError: A file is missing or of another test, a rating is no whole number from 1 to 5, a sample is not
            in the key or in the listener's list, or one listener rated a sample twice and not alike.
    """
    keyed = {(row["test"], row["sample"]): row for _, row in _rows(key, KEY_COLUMNS)}
    seen: dict[tuple[str, str], tuple[tuple[int, ...], str]] = {}
    lists: dict[str, str] = {}
    notes: dict[str, None] = {}
    for path in answers:
        for place, row in _rows(path, ANSWER_COLUMNS):
            listener, sample = row["listener"], row["sample"]
            if (row["test"], sample) not in keyed:
                raise AudiolabError(f"{place}: test '{row['test']}' sample '{sample}' is not in {key}")
            if lists.setdefault(listener, row["list"]) != row["list"]:
                raise AudiolabError(f"{place}: '{listener}' has list {lists[listener]} elsewhere, not {row['list']}")
            if row["list"] not in keyed[row["test"], sample]["lists"].split():
                raise AudiolabError(f"{place}: sample '{sample}' is not in list '{row['list']}'; see {key}")
            ratings = tuple(_rating(row[question], question, place) for question in QUESTIONS)
            before, where = seen.setdefault((listener, sample), (ratings, place))
            if before != ratings:
                raise AudiolabError(f"{place}: '{listener}' rated '{sample}' in {where} otherwise; drop one")
            if where != place:
                notes[f"{path}: answers of '{listener}' that are in {where.rpartition(':')[0]} too count once."] = None
    if not seen:
        raise AudiolabError("listening test: there is no answer in these files")
    systems = {sample: row["system"] for (_, sample), row in keyed.items()}  # a key is of one test
    rated = {answer: (systems[answer[1]], ratings) for answer, (ratings, _) in seen.items()}
    return _opinions(rated), [*notes, *_incomplete(seen, lists, keyed.values())]


def _opinions(rated: Mapping[tuple[str, str], tuple[str, tuple[int, ...]]]) -> list[Opinion]:
    """Return each system's opinion from (listener, sample) -> system and ratings."""
    by_system: dict[str, dict[str, list[tuple[int, ...]]]] = defaultdict(lambda: defaultdict(list))
    for (listener, _), (system, ratings) in rated.items():
        by_system[system][listener].append(ratings)
    found = []
    for system, of_listeners in sorted(by_system.items()):
        means = np.array([np.mean(ratings, axis=0) for ratings in of_listeners.values()])
        count = sum(map(len, of_listeners.values()))
        found.append(Opinion(system, *map(mos, means.T), count, len(of_listeners)))
    return found


def _incomplete(
    seen: Iterable[tuple[str, str]], lists: Mapping[str, str], key: Iterable[Mapping[str, str]]
) -> list[str]:
    """Return a sentence for each listener who did not rate all of the list."""
    sizes = Counter(number for row in key for number in row["lists"].split())
    rated = Counter(listener for listener, _ in seen)
    return [
        f"'{listener}' rated {rated[listener]} of {sizes[number]} samples."
        for listener, number in sorted(lists.items())
        if rated[listener] < sizes[number]
    ]


def mos(means: np.ndarray) -> Interval:
    """Return the mean of listeners' means [N] and its 95 % interval by Student's t; one listener has none (NaN)."""
    mean, count = float(np.mean(means)), len(means)
    if count < 2:
        return Interval(mean, float("nan"), float("nan"), count)
    half = float(stats.t.ppf(0.975, count - 1) * np.std(means, ddof=1) / np.sqrt(count))
    return Interval(mean, mean - half, mean + half, count)


def _rows(path: str | Path, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Return (file:line, row) of a CSV with exactly these columns."""
    return read_records(path, columns, ",", "this CSV")


def _rating(text: str, question: str, place: str) -> int:
    if text not in {"1", "2", "3", "4", "5"}:
        raise AudiolabError(f"{place}: {question} is '{text}', not a whole number from 1 to 5")
    return int(text)
