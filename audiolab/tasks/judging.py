"""Trained judges are asked of what systems made: how it sounds, which words are heard, and what else a task wants."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.metrics.judges.cache import Cache, Verdict
from audiolab.metrics.judges.judge import Judge
from audiolab.metrics.judges.panel import Panel
from audiolab.metrics.judges.words import error_rates
from audiolab.metrics.refusal import Refusal
from audiolab.metrics.scores import Score
from audiolab.metrics.summary import group
from audiolab.report.players import Clip
from audiolab.tasks.runs import Run
from audiolab.tasks.scored import Refused, Scored
from audiolab.work import each, processes

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=Score)
Makers = Mapping[str, Callable[[Any], dict[str, float]]]
"""Judge's name -> what makes columns of what it said; a judge that is not among them said columns."""


class Item(Protocol):
    """An utterance that a run made: its id, and where its text and language are told."""

    run: Run

    @property
    def utterance(self) -> str: ...

    @property
    def told(self) -> Clip: ...

    def heard(self) -> np.ndarray:
        """Return what the system made, [N] at `audiolab.metrics.judges.judge.RATE`."""
        ...


@dataclass(frozen=True)
class Question:
    """A signal to judge.

    Attributes:
        load: Returns it, [N] at `audiolab.metrics.judges.judge.RATE`.
        judges: Who is asked.
    """

    load: Callable[[], np.ndarray]
    judges: tuple[Judge, ...]


def judge(
    items: Sequence[Item],
    scored: Scored[Row],
    panel: Panel,
    nj: int = 1,
    more: Callable[[Item], Makers] = lambda item: {},
    asked_of: Callable[[Item], Sequence[Question]] | None = None,
) -> Scored[Row]:
    """Return the scores with what judges say of them.

    Of each run the same utterances are judged, for they are in the order of ids. Words are compared with the text
    that is told of an utterance; without one they are not judged.

    Args:
        items: All that was made.
        scored: The scores; what has none is not judged.
        panel: The judges.
        nj: Processes, of one thread each.
        more: What makes columns of what judges say of an item, beside words.
        asked_of: What is asked of an item; None: `questions_of`.

    Raises:
        AudiolabError: A judge cannot be loaded.
    """
    rows = scored.rows
    by_run = group(range(len(items)), lambda place: items[place].run).values()
    chosen = sorted(place for of_run in by_run for place in panel.chosen(of_run) if place in rows)
    asked_of = asked_of or partial(questions_of, panel)
    asking = [(place, question) for place in chosen for question in asked_of(items[place]) if question.judges]
    questions = [question for _, question in asking]
    said: dict[int, dict[str, Verdict]] = {}
    for (place, _), verdicts in zip(asking, ask(questions, panel.cache, nj) if questions else []):
        said.setdefault(place, {}).update(verdicts)
    results, unjudged = dict(scored.results), Refused()
    for place, verdicts in said.items():
        item, row = items[place], rows[place]
        values, silent = columns(verdicts, {"words": partial(error_rates, told_of(item.told)[0]), **more(item)})
        results[place] = replace(row, values=row.values | values)
        where = item.run.place(item.utterance)
        unjudged[place] = [f"{where}: {name}: {reason}" for name, reason in silent.items()]
    asked = frozenset(judge.name for question in questions for judge in question.judges)
    return replace(scored, results=results, unjudged=unjudged, asked=asked)


def questions_of(panel: Panel, item: Item) -> list[Question]:
    """Return what a panel is asked of an item: one question, if it has judges for it."""
    return [Question(item.heard, panel.judges_of(*told_of(item.told)))]


def ask(questions: Sequence[Question], cache: Cache, nj: int) -> list[dict[str, Verdict]]:
    """Return for each question judge's name -> verdict; in ``nj`` processes of one thread each.

    Raises:
        AudiolabError: A signal or a judge cannot be loaded.
    """
    logger.info("%d signals to be judged", len(questions))
    with processes(nj):
        found = each(_ask, questions, cache)
    for verdicts in found:
        if isinstance(verdicts, str):
            raise AudiolabError(verdicts)
    return found


def columns(verdicts: Mapping[str, Verdict], makers: Makers) -> tuple[dict[str, float], dict[str, str]]:
    """Return (column -> value, judge's name -> why it gave none) of what judges said, by their names."""
    values, refused = {}, {}
    for name, verdict in verdicts.items():
        try:
            if verdict.refused:
                raise Refusal(verdict.refused)
            values |= makers[name](verdict.value) if name in makers else verdict.value
        except Refusal as refusal:
            refused[name] = str(refusal)
    return values, refused


def _ask(question: Question, cache: Cache) -> dict[str, Verdict]:
    wave = question.load()
    return {judge.name: cache.verdict(judge, wave) for judge in question.judges}


def told_of(clip: Clip) -> tuple[str, str | None]:
    """Return what is said in an utterance, nothing where it is not known, and in which language."""
    text, language = (
        clip.datadir.table(name).get(clip.utterance) if clip.datadir.has(name) else None
        for name in ("text", "utt2lang")
    )
    return text or "", language
