"""What an utterance is made of: phrases, words, syllables, phones, and the pauses between words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audiolab.errors import AudiolabError, shown
from audiolab.text.ipa import is_nucleus
from audiolab.text.phonemes import Word as SaidWord
from audiolab.text.phonemes import has_stop
from audiolab.text.spoken import Phone
from audiolab.text.syllables import split_syllables

SILENCE, PAUSE, BOUNDARY = "sil", "pau", "_"
"""What stands in a line of phones at both ends, at pauses, and at the other word boundaries, where there is none."""

PRIMARY, SECONDARY = 1, 2
"""Stresses of syllables; where stressed ones are counted, the first of these counts."""

ENDINGS = {"?": "question", "!": "exclamation", ".": "statement", "…": "statement"}
"""Mark of punctuation -> what a phrase is that ends in it; others go on."""

CONTINUATION = "continuation"

_RESERVED = re.compile(r"[\s^+=@_/:&#$!;|-]")


@dataclass(frozen=True)
class Syllable:
    """A syllable: its phones, at least one; and its stress, 1: primary, 2: secondary, 0: none."""

    symbols: tuple[str, ...]
    stress: int = 0

    @property
    def vowel(self) -> str | None:
        """The phone that makes it a syllable; None where there is none, as of a word of one consonant or of units."""
        return next((symbol for symbol in self.symbols if not is_unit(symbol) and is_nucleus(symbol)), None)


@dataclass(frozen=True)
class Word:
    """A word.

    Attributes:
        syllables: At least one.
        pause: Whether there is a pause behind it; not of the last word of an utterance, which silence follows.
    """

    syllables: tuple[Syllable, ...]
    pause: bool = False

    @property
    def content(self) -> bool:
        """Whether a syllable has primary stress: dictionaries of espeak-ng leave out that of words as "the"."""
        return any(syllable.stress == PRIMARY for syllable in self.syllables)


@dataclass(frozen=True)
class Phrase:
    """A phrase: its words, at least one; and how it ends, of `ENDINGS`, `CONTINUATION`, or None where no mark says."""

    words: tuple[Word, ...]
    ending: str | None = None


@dataclass(frozen=True)
class Utterance:
    """An utterance: its phrases, at least one. Silence stands at both ends."""

    phrases: tuple[Phrase, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """All of its words."""
        return tuple(word for phrase in self.phrases for word in phrase.words)

    @property
    def segments(self) -> list[str]:
        """The phones and pauses, in order, with `SILENCE` at both ends."""
        return [symbol for symbol in self.line() if symbol != BOUNDARY]

    def line(self) -> list[str]:
        """Return the phones and pauses in order, with `BOUNDARY` between words that no pause parts."""
        line = [SILENCE]
        for word in self.words:
            line += [symbol for syllable in word.syllables for symbol in syllable.symbols]
            line.append(PAUSE if word.pause else BOUNDARY)
        return [*line[:-1], SILENCE]


class Marked(NamedTuple):
    """A word, and the marks of punctuation between it and the next one."""

    word: Word
    marks: str


def utterance_of(words: Sequence[SaidWord], language: str) -> Utterance:
    """Return the structure of what is said: a phrase ends at each pause.

    Args:
        words: As `audiolab.text.phonemes.phonemise` gives them.
        language: Its code, by which syllables are found.

    Raises:
        AudiolabError: A phone is none of the IPA.
    """
    behind = [*(word.before for word in words[1:]), ""]
    return joined(
        Marked(Word(_syllables(word.phones, language), word.pause), f"{word.after} {before}")
        for word, before in zip(words, behind)
    )


def joined(words: Iterator[Marked]) -> Utterance:
    """Return an utterance of words; the last has no pause, and each pause ends a phrase."""
    phrases: list[Phrase] = []
    waiting: list[Word] = []
    marks = ""
    for word, marks in words:
        waiting.append(word)
        if word.pause:
            phrases.append(Phrase(tuple(waiting), ending(marks)))
            waiting = []
    if not waiting:
        last = phrases.pop()
        waiting = list(last.words)
    waiting[-1] = Word(waiting[-1].syllables)
    return Utterance((*phrases, Phrase(tuple(waiting), ending(marks))))


def ending(marks: str) -> str | None:
    """Return how a phrase ends, by the marks behind it: the first that tells; None where none tells."""
    said = next((ENDINGS[mark] for mark in marks if mark in ENDINGS), None)
    return said or (CONTINUATION if has_stop(marks) else None)


def _syllables(phones: Sequence[Phone], language: str) -> tuple[Syllable, ...]:
    symbols = [checked(phone.symbol) for phone in phones]
    begins = split_syllables(symbols, language)
    return tuple(
        Syllable(tuple(symbols[begin:end]), next((phone.stress for phone in phones[begin:end] if phone.stress), 0))
        for begin, end in zip(begins, [*begins[1:], len(symbols)])
    )


def is_unit(symbol: str) -> bool:
    """Return whether a segment is a unit of text, which stands in angle brackets, and no phone."""
    return symbol.startswith("<")


def checked(symbol: str) -> str:
    """Return a phone's symbol; raises `AudiolabError` where it cannot stand in a label or in a line of phones."""
    if not symbol or _RESERVED.search(symbol) or symbol in (SILENCE, PAUSE, "xx"):
        raise AudiolabError(
            f"a phone is called {shown(symbol)}, and labels have a meaning of their own for that; rename it"
        )
    return symbol
