"""Lyrics: sentences as espeak-ng speaks them, in syllables, and which of these is sung on which note."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.corpora.readers import choose
from audiolab.text.espeak import Line, Voice, speak_words
from audiolab.text.sentences import sentences_in
from audiolab.text.spoken import SpokenWord

_VOWEL = re.compile("[aeiouyɐɑɒæɔəɚɛɜɝɞɪɨɯɵøœɶʊʉʌʏɤᵻ]")
"""What a phone that carries a note has in it."""

_RATE = 150
"""Words a minute: slow, so that vowels come to rest."""

_PER_SENTENCE = 9
"""Notes for which one sentence is spoken."""

_MARKS = " ,.;:!?，。！？；：、«»„“”\"'"
"""What is not sung at the end of a phrase."""


@dataclass(frozen=True)
class Syllable:
    """A syllable in the speech: samples at which it, its vowel, what follows the vowel, and something else begin."""

    begin: int
    vowel: int
    coda: int
    end: int


@dataclass(frozen=True)
class Word:
    """A word of the lyrics.

    Attributes:
        text: As it is written, with what stands between it and the next word.
        syllables: One or more.
        last: Whether a sentence ends with it.
    """

    text: str
    syllables: tuple[Syllable, ...]
    last: bool


def speak_lyrics(
    voice: Voice, language: str, notes: int, rng: np.random.Generator
) -> tuple[np.ndarray, int, list[Word]]:
    """Return speech, float64 [N] in [-1, 1), its rate, Hz, and the words in it: of sentences enough for some notes.

    Raises:
        AudiolabError: espeak-ng is missing.
    """
    known = sentences_in(language)
    texts = [f"{text} " for text in choose(known, min(len(known), 1 + notes // _PER_SENTENCE), rng)]
    spoken, rate = speak_words(voice, [Line(text, _RATE, pitch_range=0) for text in texts])
    firsts = np.cumsum([0, *(len(line.wave) for line in spoken)])
    words = [
        Word(written, tuple(syllables), said is line.words[-1])
        for text, line, first in zip(texts, spoken, firsts)
        for written, said in zip(_written(text, line.words), line.words)
        if (syllables := _syllables(said, int(first)))
    ]
    return np.concatenate([line.wave for line in spoken]) / 32768.0, rate, words


def on_notes(words: Sequence[Word], counts: Sequence[int]) -> list[tuple[str, list[Syllable]]]:
    """Return for each phrase its words and a syllable for each of its first notes; the last one holds over the rest.

    Words go from phrase to phrase, whole where they fit, and begin anew when all have been sung. A sentence begins in a
    phrase's first half, or in the next one.

    Args:
        words: The text.
        counts: How many notes each phrase has.
    """
    stream, phrases = itertools.cycle(words), []
    word = next(stream)
    for count in counts:
        texts, syllables = [word.text], list(word.syllables[:count])
        ended, word = word.last, next(stream)
        while len(syllables) + len(word.syllables) <= (count // 2 if ended else count):
            texts.append(word.text)
            syllables += word.syllables
            ended, word = word.last, next(stream)
        phrases.append(("".join(texts).strip(_MARKS), syllables))
    return phrases


def _written(text: str, words: Sequence[SpokenWord]) -> list[str]:
    """Return the text of each word, as far as to the next one; joined, they are the text."""
    places = [0, *(word.place for word in words[1:])]
    return [text[begin:end] for begin, end in zip(places, [*places[1:], None])]


def _syllables(word: SpokenWord, first: int) -> list[Syllable]:
    """Return the syllables of a word, counted from ``first``; each but the first begins one consonant before its vowel.

    None where nothing in it can be sung on.
    """
    vowels = [number for number, phone in enumerate(word.phones) if _VOWEL.search(phone.symbol)]
    begins = [0, *(max(vowel - 1, before + 1) for before, vowel in itertools.pairwise(vowels)), len(word.phones)]
    starts = [first + begin for begin, _ in word.spans] + [first + word.spans[-1][1]]
    return [
        Syllable(starts[begin], starts[vowel], starts[vowel + 1], starts[end])
        for vowel, (begin, end) in zip(vowels, itertools.pairwise(begins))
    ]
