"""Utterances from labels: what `audiolab.text.context` says of the segments says which parts they are of."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.text.context import MISSING, NUMBERS, Contexts, contexts_of
from audiolab.text.structure import PAUSE, PRIMARY, SECONDARY, SILENCE, Phrase, Syllable, Utterance, Word


def utterance_in(contexts: Contexts, where: str | Path) -> Utterance:
    """Return the utterance whose segments have these contexts.

    Args:
        contexts: As `audiolab.text.context.contexts_of` gives them, and as labels tell them.
        where: Names the labels, for messages.

    Raises:
        AudiolabError: They contradict one another, or are not those that this utterance has; labels of other programs
            may count otherwise.
    """
    symbols = contexts.segments
    spoken = contexts["p6"] != MISSING
    pauses = [symbol for symbol, is_phone in zip(symbols, spoken.tolist()) if not is_phone]
    if not spoken.any() or pauses[:1] + pauses[-1:] != [SILENCE] * 2 or spoken[0] or spoken[-1]:
        raise AudiolabError(f"{where}: labels begin and end with '{SILENCE}', with phones between; make them anew")
    if any(symbol != PAUSE for symbol in pauses[1:-1]):
        raise AudiolabError(f"{where}: between phones there is a segment without a syllable that is no '{PAUSE}'")
    begins = [np.flatnonzero(spoken & (contexts["p6"] == 1))]
    begins.append(begins[0][contexts["b4"][begins[0]] == 1])
    begins.append(begins[1][contexts["e3"][begins[1]] == 1])
    if not len(begins[-1]):
        raise AudiolabError(f"{where}: no phone is at the beginning of a syllable, word and phrase; make them anew")
    strange = np.flatnonzero(spoken & ~np.isin(contexts["b1"], (0, PRIMARY, SECONDARY)))
    if len(strange):
        raise AudiolabError(f"{where}: line {strange[0] + 1}: its stress is none of 0, {PRIMARY} and {SECONDARY}")
    utterance = _built(contexts, spoken, [places.tolist() for places in begins])
    try:
        _check_same(contexts, contexts_of(utterance))
    except AudiolabError as error:
        raise AudiolabError(f"{where}: {error}") from error
    return utterance


def _built(contexts: Contexts, spoken: np.ndarray, begins: list[list[int]]) -> Utterance:
    """Return an utterance from where its syllables, words and phrases begin."""
    end = len(contexts) - 1
    of_syllables, of_words, of_phrases = begins
    stress, endings = contexts["b1"], contexts.names["h5"]
    syllables = {}
    for begin, behind in zip(of_syllables, [*of_syllables[1:], end]):
        symbols = [contexts.segments[place] for place in range(begin, behind) if spoken[place]]
        syllables[begin] = Syllable(tuple(symbols), int(stress[begin]))
    words = {}
    for begin, behind in zip(of_words, [*of_words[1:], end]):
        parts = tuple(syllable for place, syllable in syllables.items() if begin <= place < behind)
        words[begin] = Word(parts, behind != end and not spoken[behind - 1])
    return Utterance(
        tuple(
            Phrase(tuple(word for place, word in words.items() if begin <= place < behind), endings[begin])
            for begin, behind in zip(of_phrases, [*of_phrases[1:], end])
        )
    )


def _check_same(told: Contexts, found: Contexts) -> None:
    """Raise `AudiolabError` for the first segment of which labels tell something else than its utterance has."""
    if told.segments != found.segments:
        raise AudiolabError("its labels are of no utterance: their places in syllables and words disagree")
    wrong = np.argwhere(told.numbers != found.numbers)
    if len(wrong):
        place, column = wrong[0].tolist()
        name = list(NUMBERS)[column]
        raise AudiolabError(
            f"line {place + 1}: {name}, {NUMBERS[name]}, is {told.numbers[place, column]}, and by the other labels "
            f"{found.numbers[place, column]}; make them anew with analyse_text"
        )
