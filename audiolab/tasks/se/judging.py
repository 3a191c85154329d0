"""Trained judges of enhanced speech: how it sounds and, where texts are known, which words are heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from audiolab.datadir.datadir import DataDir
from audiolab.metrics.judges.panel import Panel
from audiolab.metrics.judges.words import error_rates
from audiolab.tasks.asking import Judged, Task, ask, columns, names
from audiolab.tasks.se.scores import UNKNOWN, EnhancementScore
from audiolab.tasks.se.scoring import Mixtures, Run, signals


def judge_enhanced(
    scores: Sequence[EnhancementScore], runs: Sequence[Run], sets: Mapping[str, Mixtures], panel: Panel, nj: int = 1
) -> Judged[EnhancementScore]:
    """Return the scores with what judges say, of the columns in `audiolab.tasks.se.scores.FURTHER`.

    Words are compared with the ``text`` of the mixture dir: recorded pairs may have one; mixtures are drawn from
    excerpts, whose words nobody knows.

    Args:
        scores: What was scored.
        runs: The runs that were scored.
        sets: Set's name -> its mixtures.
        panel: The judges.
        nj: Processes, of one thread each.

    Raises:
        AudiolabError: A judge cannot be loaded.
    """
    if panel.is_empty:
        return Judged(list(scores), [], frozenset())
    listed = {(run.system, run.seed, run.set): run for run in runs}
    texts = {name: _texts(mixtures) for name, mixtures in sets.items()}
    places = {name: {id_: n for n, id_ in enumerate(mixtures.ids)} for name, mixtures in sets.items()}
    wanted = {name: set(panel.chosen(mixtures.ids)) for name, mixtures in sets.items()}
    chosen = [index for index, score in enumerate(scores) if score.utterance in wanted[score.set]]
    tasks = []
    for score in (scores[index] for index in chosen):
        run, number = listed[score.system, score.seed, score.set], places[score.set][score.utterance]
        language = None if score.language == UNKNOWN else score.language
        judges = panel.judges_of(texts[score.set].get(score.utterance, ""), language)
        tasks.append(Task(partial(_enhanced, run, sets[score.set], number), judges))
    judged, refused = list(scores), []
    for index, verdicts in zip(chosen, ask(tasks, panel.cache, nj)):
        score = scores[index]
        values, silent = columns(verdicts, {"words": partial(error_rates, texts[score.set].get(score.utterance))})
        judged[index] = replace(score, values=score.values | values)
        place = f"{score.system}, seed {score.seed}, {score.set}, {score.utterance}"
        refused += [f"{place}: {name}: {reason}" for name, reason in silent.items()]
    return Judged(judged, refused, names(tasks))


def _texts(mixtures: Mixtures) -> dict[str, str]:
    about = DataDir(mixtures.path)
    return about.table("text") if about.has("text") else {}


def _enhanced(run: Run, mixtures: Mixtures, number: int) -> np.ndarray:
    return signals(run, mixtures, number)[1]
