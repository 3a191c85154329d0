"""Trained judges of converted speech: whose voice it is, how it sounds, and which words are heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.metrics.judges.judge import RATE
from audiolab.metrics.judges.panel import Panel
from audiolab.metrics.judges.speaker import centroid, similarity
from audiolab.metrics.judges.words import error_rates
from audiolab.metrics.refusal import Refusal
from audiolab.tasks.asking import Judged, Task, ask, columns, names
from audiolab.tasks.vc.conversions import Conversion, Run, conversions
from audiolab.tasks.vc.scores import ConversionScore
from audiolab.tasks.vc.scoring import Corpora, ScoredConversions

MOST_NATURAL = 40
"""Training sentences of a speaker, evenly spaced, whose mean is the speaker's voice."""

Voices = Mapping[str, Mapping[str, np.ndarray]]
"""Speaker -> utterance of training speech -> embedding."""


def judge_conversions(
    scored: ScoredConversions, runs: Sequence[Run], corpora: Corpora, panel: Panel, nj: int = 1
) -> Judged[ConversionScore]:
    """Return the scores with `audiolab.tasks.vc.scores.JUDGED` filled in where there is a verdict.

    Similarity is the cosine of an utterance's embedding and a speaker's, which is the mean over up to `MOST_NATURAL`
    natural sentences of the training speech; those with the id of the evaluated sentence are not among them, so that
    natural speech can be judged in the same way. Words are compared with the source's ``text``.

    Args:
        scored: What was scored; where it lacks an utterance, that is not judged.
        runs: The runs that were scored.
        corpora: The real speech.
        panel: The judges.
        nj: Processes, of one thread each.

    Raises:
        AudiolabError: A judge cannot be loaded.
    """
    if panel.is_empty:
        return Judged(scored.scores, [], frozenset())
    chosen = {_key(item.run, item.utterance): item for item in _chosen(runs, corpora, panel)}
    items = {index: chosen[key] for index, s in enumerate(scored.scores) if (key := _key(s, s.utterance)) in chosen}
    voices = _voices(scored.natural, runs, corpora.train, panel, nj)
    texts = corpora.source.table("text") if corpora.source.has("text") else {}
    tasks = [_task(item, corpora.source, texts.get(item.source, ""), panel) for item in items.values()]
    scores, refused = list(scored.scores), []
    for (index, item), verdicts in zip(items.items(), ask(tasks, panel.cache, nj)):
        makers = {"speaker": partial(_similarity, item, voices), "words": partial(error_rates, texts.get(item.source))}
        values, silent = columns(verdicts, makers)
        scores[index] = replace(scores[index], values=scores[index].values | values)
        place = f"{item.run.system}, seed {item.run.seed}, {item.utterance}"
        refused += [f"{place}: {name}: {reason}" for name, reason in silent.items()]
    return Judged(scores, refused, names(tasks))


def _key(run: Run | ConversionScore, utterance: str) -> tuple[str, ...]:
    return run.system, run.seed, run.source, run.target, utterance


def _chosen(runs: Sequence[Run], corpora: Corpora, panel: Panel) -> list[Conversion]:
    """Return the conversions that are judged: of each run the same sentences, for they are in the order of ids."""
    return [item for run in runs for item in panel.chosen(conversions(run, corpora.source, corpora.reference))]


def _task(item: Conversion, source: DataDir, text: str, panel: Panel) -> Task:
    """Return who judges one conversion."""
    languages = source.table("utt2lang") if source.has("utt2lang") else {}
    return Task(partial(_load, item.datadir, item.recording), panel.judges_of(text, languages.get(item.source)))


def _voices(natural: Sequence[str], runs: Sequence[Run], train: DataDir, panel: Panel, nj: int) -> Voices:
    """Return the embeddings of training speech, of the speakers of the runs; nothing where nobody judges voices."""
    if panel.speaker is None:
        return {}
    owners, found = train.table("utt2spk"), {}
    for speaker in sorted({name for run in runs for name in (run.source, run.target)}):
        own = [utterance for utterance in natural if owners[utterance] == speaker]
        count = min(MOST_NATURAL, len(own))
        found |= {own[index * len(own) // count]: speaker for index in range(count)}
    tasks = [Task(partial(_load, train, utterance), (panel.speaker,)) for utterance in found]
    voices: dict[str, dict[str, np.ndarray]] = {speaker: {} for speaker in found.values()}
    for (utterance, speaker), verdicts in zip(found.items(), ask(tasks, panel.cache, nj)):
        if not verdicts[panel.speaker.name].refused:
            voices[speaker][utterance] = np.array(verdicts[panel.speaker.name].value)
    return voices


def _similarity(item: Conversion, voices: Voices, embedding: Sequence[float]) -> dict[str, float]:
    sentence = sentence_of(item.source)
    ends = []
    for speaker in (item.run.target, item.run.source):
        others = [voice for utt, voice in voices[speaker].items() if sentence_of(utt) != sentence]
        if not others:
            raise Refusal(f"no other natural sentence of {speaker} has speech in it")
        ends.append(centroid(others))
    return similarity(np.array(embedding), *ends)


def _load(datadir: DataDir, utterance: str) -> np.ndarray:
    return load_utterance(datadir, utterance, RATE)[0]
