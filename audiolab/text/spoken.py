"""What espeak-ng has said: words of phones, and when."""

from __future__ import annotations

import re
import unicodedata
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.errors import AudiolabError

_STRESS = {"ˈ": 1, "ˌ": 2}

_BREVE = "\u0306"

_SWITCH = re.compile(r"\([a-z-]+\)")
"""Stands among the phones where another language begins: ``(en)``."""


@dataclass(frozen=True)
class Phone:
    """A phone.

    Attributes:
        symbol: In IPA as espeak-ng writes it, of one or more characters, without marks of stress. The hyphen with which
            it marks what is very short is the IPA's breve (``ə̆``), for a hyphen parts phones in labels. In Unicode's
            form NFC.
        stress: 1: primary, 2: secondary, 0: none; it stands at the vowel.
    """

    symbol: str
    stress: int = 0


@dataclass(frozen=True)
class SpokenWord:
    """A word as it is said.

    Attributes:
        place: Of its first character in the text, from 0; of a number that is said in several words, all of these may
            have places within it.
        phones: At least one.
        spans: Of each phone its first sample, and the one behind its last.
    """

    place: int
    phones: tuple[Phone, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Spoken:
    """A line as it is said.

    Attributes:
        wave: Samples, int16, [N].
        words: In order; between their spans are pauses.
    """

    wave: np.ndarray
    words: tuple[SpokenWord, ...]


def words_of(
    clauses: Iterable[str], events: Sequence[tuple[str, int, int, str]], samples: int
) -> tuple[SpokenWord, ...]:
    """Return the words of a line.

    Args:
        clauses: As the library writes them, phones apart by ``_`` and words by spaces.
        events: As `audiolab.text.espeak_worker.say` gives them. They say when; as their names may be cut off, and a
            sign of palatalisation may have one of its own, the clauses say what.
        samples: How long the line is.

    Raises:
        AudiolabError: The events are not those of the clauses.
    """
    names = deque(name for clause in clauses for name in re.split("[_ ]+", clause) if name)
    ends = [sample for _, _, sample, _ in events[1:]] + [samples]
    words: list[tuple[int, list[str], list[tuple[int, int]]]] = []
    for (kind, place, start, name), end in zip(events, ends):
        if kind == "word":
            words.append((place, [], []))
        elif name:
            _add(words, name, (start, end), names)
    if names:
        raise AudiolabError(f"espeak-ng tells nothing of when it says '{names[0]}'")
    return tuple(_word(*word) for word in words if any(map(_is_phone, word[1])))


def _add(
    words: Sequence[tuple[int, list[str], list[tuple[int, int]]]], name: str, span: tuple[int, int], names: deque[str]
) -> None:
    """Add what an event tells to the last word, and take its name from ``names``."""
    known = words[-1][1] if words else []
    if words and names and names[0].startswith(name):
        known.append(names.popleft())
        words[-1][2].append(span)
    elif known and known[-1].endswith(name):
        words[-1][2][-1] = (words[-1][2][-1][0], span[1])
    else:
        raise AudiolabError(f"espeak-ng tells of '{name}' where it says '{names[0] if names else ''}'")


def _word(place: int, names: Sequence[str], spans: Sequence[tuple[int, int]]) -> SpokenWord:
    pairs = [(_phone(name), span) for name, span in zip(names, spans) if _is_phone(name)]
    return SpokenWord(place, tuple(phone for phone, _ in pairs), tuple(span for _, span in pairs))


def _is_phone(name: str) -> bool:
    return _SWITCH.fullmatch(name) is None


def _phone(name: str) -> Phone:
    stress = next((_STRESS[mark] for mark in name if mark in _STRESS), 0)
    symbol = name.strip("".join(_STRESS)).replace("-", _BREVE)
    return Phone(unicodedata.normalize("NFC", symbol), stress)
