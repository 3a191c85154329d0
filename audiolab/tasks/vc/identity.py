"""Whose voice a conversion has: its embedding held against those of speakers' natural speech."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np

from audiolab.datadir.datadir import DataDir
from audiolab.metrics.judges.cache import Cache
from audiolab.metrics.judges.judge import Judge
from audiolab.metrics.judges.speaker import centroid, cosine
from audiolab.metrics.refusal import Refusal
from audiolab.metrics.summary import group
from audiolab.report.players import Clip
from audiolab.tasks.judging import Question, ask
from audiolab.tasks.vc.conversions import Conversion, same_prompt

MOST_NATURAL = 40
"""Training sentences of a speaker, evenly spaced, whose mean is the speaker's voice to a judge."""

Voices = Mapping[str, Mapping[str, list[np.ndarray]]]
"""Speaker -> utterance of training speech -> its embedding by each encoder of a judge."""


def enrol(
    judges: Sequence[Judge],
    train: DataDir,
    utterances: Iterable[str],
    heard: Callable[[Clip], np.ndarray],
    cache: Cache,
    nj: int,
) -> dict[str, Voices]:
    """Return judge's name -> the voices of training speech, up to `MOST_NATURAL` utterances of each speaker.

    Args:
        judges: Who embed.
        train: The training speech.
        utterances: Of those that can be used, in order, whose speakers are wanted.
        heard: Loads one, as judges want it.
        cache: Where verdicts are kept.
        nj: Processes.
    """
    of_speaker = some_of_each(train, utterances)
    found = {utterance: speaker for speaker, own in of_speaker.items() for utterance in own}
    questions = [Question(partial(heard, Clip(train, utterance)), tuple(judges)) for utterance in found]
    voices: dict[str, dict[str, dict[str, list[np.ndarray]]]] = {
        judge.name: {speaker: {} for speaker in of_speaker} for judge in judges
    }
    for (utterance, speaker), verdicts in zip(found.items(), ask(questions, cache, nj) if judges else []):
        for name, verdict in verdicts.items():
            if not verdict.refused:
                voices[name][speaker][utterance] = embeddings(verdict.value)
    return voices


def some_of_each(train: DataDir, utterances: Iterable[str]) -> dict[str, list[str]]:
    """Return speaker -> up to `MOST_NATURAL` of the utterances, evenly spaced, the first among them."""
    owners = train.table("utt2spk")
    found = group(utterances, lambda utterance: owners[utterance])
    counts = {speaker: min(MOST_NATURAL, len(own)) for speaker, own in found.items()}
    return {s: [own[index * len(own) // counts[s]] for index in range(counts[s])] for s, own in found.items()}


def embeddings(value: Sequence[float] | Sequence[Sequence[float]]) -> list[np.ndarray]:
    """Return what a judge said as a list of embeddings, which those who have one encoder give without a list."""
    return [np.array(each) for each in (value if isinstance(value[0], list) else [value])]


def identity(
    conversion: Conversion, voices: Voices, train: DataDir, columns: Sequence[str], value: Sequence
) -> dict[str, float]:
    """Return column -> value, the mean over encoders, of a conversion's embedding.

    A speaker's voice is the mean of the embeddings of training utterances; those with the words of the evaluated
    sentence are not among them, so that natural speech can be judged in the same way.

    Args:
        conversion: Which one.
        voices: Of the training speech of all who are enrolled.
        train: The training speech.
        columns: Of cosine to target and source, of which of them is nearer, and of the target's rank among all, 1 for
            the nearest.
        value: What the judge said of the conversion.

    Raises:
        Refusal: Of source or target there is no other training sentence with speech in it.
    """
    others = {
        speaker: [found for utt, found in of.items() if not same_prompt(conversion.told, Clip(train, utt))]
        for speaker, of in voices.items()
    }
    for speaker in reversed(conversion.pair):
        if not others[speaker]:
            raise Refusal(f"no other natural sentence of {speaker} has speech in it")
    per_encoder = []
    for number, own in enumerate(embeddings(value)):
        near = {name: cosine(own, centroid([found[number] for found in of])) for name, of in others.items() if of}
        source, target = (near[speaker] for speaker in conversion.pair)
        rank = 1 + sum(each > target for each in near.values())
        per_encoder.append((target, source, float(target > source), float(rank)))
    return dict(zip(columns, map(float, np.mean(per_encoder, axis=0))))
