"""The context of each segment of an utterance: the fields of HTS' full-context labels, as arrays.

The names are those of HTS' own description of its labels ("lab_format"): p6 to J. A number that does not exist, as a
position of a pause, is `MISSING`; where something is looked for in a phrase and not found, as a stressed syllable
before, the distance is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolab.text.structure import PRIMARY, Utterance

MISSING = -1

NUMBERS = {
    "p6": "place of the phone in the syllable",
    "p7": "place of the phone in the syllable, from its end",
    "a1": "stress of the syllable before: 1 primary, 2 secondary, 0 none",
    "a2": "accent of the syllable before (never known)",
    "a3": "phones of the syllable before",
    "b1": "stress of the syllable: 1 primary, 2 secondary, 0 none",
    "b2": "accent of the syllable (never known)",
    "b3": "phones of the syllable",
    "b4": "place of the syllable in the word",
    "b5": "place of the syllable in the word, from its end",
    "b6": "place of the syllable in the phrase",
    "b7": "place of the syllable in the phrase, from its end",
    "b8": "stressed syllables before the syllable in the phrase",
    "b9": "stressed syllables after the syllable in the phrase",
    "b10": "accented syllables before the syllable in the phrase (never known)",
    "b11": "accented syllables after the syllable in the phrase (never known)",
    "b12": "syllables from the stressed one before in the phrase to the syllable, 0 where there is none",
    "b13": "syllables from the syllable to the next stressed one in the phrase, 0 where there is none",
    "b14": "syllables from the accented one before in the phrase (never known)",
    "b15": "syllables to the next accented one in the phrase (never known)",
    "c1": "stress of the next syllable: 1 primary, 2 secondary, 0 none",
    "c2": "accent of the next syllable (never known)",
    "c3": "phones of the next syllable",
    "d2": "syllables of the word before",
    "e2": "syllables of the word",
    "e3": "place of the word in the phrase",
    "e4": "place of the word in the phrase, from its end",
    "e5": "content words before the word in the phrase",
    "e6": "content words after the word in the phrase",
    "e7": "words from the content word before in the phrase to the word, 0 where there is none",
    "e8": "words from the word to the next content word in the phrase, 0 where there is none",
    "f2": "syllables of the next word",
    "g1": "syllables of the phrase before",
    "g2": "words of the phrase before",
    "h1": "syllables of the phrase",
    "h2": "words of the phrase",
    "h3": "place of the phrase in the utterance",
    "h4": "place of the phrase in the utterance, from its end",
    "i1": "syllables of the next phrase",
    "i2": "words of the next phrase",
    "j1": "syllables of the utterance",
    "j2": "words of the utterance",
    "j3": "phrases of the utterance",
}
"""Field -> meaning of those that are numbers; places count from 1."""

NAMES = {
    "d1": "part of speech of the word before",
    "e1": "part of speech of the word",
    "f1": "part of speech of the next word",
    "b16": "vowel of the syllable",
    "h5": "how the phrase ends",
}
"""Field -> meaning of those that are names; ``content`` is a word with a stress, ``function`` one without."""

CONTENT, FUNCTION, NO_VOWEL = "content", "function", "novowel"

COLUMN = {name: place for place, name in enumerate(NUMBERS)}


@dataclass(frozen=True)
class Contexts:
    """The contexts of an utterance's segments, pauses and silences among them.

    Attributes:
        segments: Their symbols, P.
        numbers: The fields of `NUMBERS`, int32 [P, len(NUMBERS)].
        names: Field of `NAMES` -> P names, None where there is none.
    """

    segments: tuple[str, ...]
    numbers: np.ndarray
    names: dict[str, tuple[str | None, ...]]

    def __len__(self) -> int:
        return len(self.segments)

    def __getitem__(self, field: str) -> np.ndarray:
        """Return a field of `NUMBERS`, int32 [P]."""
        return self.numbers[:, COLUMN[field]]


@dataclass(frozen=True)
class _Level:
    """The units of one level of an utterance, in order.

    Attributes:
        sizes: How many of them each unit of the level above has, int [M].
        parent: Of each the number of the unit above in which it is, int [N].
        first: Its place among those of the same parent, from 0, int [N].
        count: How many have the same parent, int [N].
    """

    sizes: np.ndarray
    parent: np.ndarray
    first: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, sizes: np.ndarray) -> _Level:
        """Return the level of which each unit above has ``sizes`` units."""
        parent = np.repeat(np.arange(len(sizes)), sizes)
        starts = np.cumsum(sizes) - sizes
        return cls(sizes, parent, np.arange(len(parent)) - starts[parent], sizes[parent])

    @property
    def forward(self) -> np.ndarray:
        """Places from 1."""
        return self.first + 1

    @property
    def backward(self) -> np.ndarray:
        """Places from 1, counted from the end."""
        return self.count - self.first


def contexts_of(utterance: Utterance) -> Contexts:
    """Return the context of each segment of an utterance."""
    words = utterance.words
    syllables = [syllable for word in words for syllable in word.syllables]
    word = _Level.of(np.array([len(phrase.words) for phrase in utterance.phrases]))
    syllable = _Level.of(np.array([len(each.syllables) for each in words]))
    phone = _Level.of(np.array([len(each.symbols) for each in syllables]))
    spoken, places = _places(np.array([each.pause for each in words]), phone, syllable, word)

    segments = tuple(utterance.segments)
    numbers = np.full((len(segments), len(NUMBERS)), MISSING, np.int32)
    numbers[spoken, COLUMN["p6"]], numbers[spoken, COLUMN["p7"]] = phone.forward, phone.backward
    own = _own_numbers(utterance, phone, syllable, word)
    for level, fields in own.items():
        for name, values in fields.items():
            _put(numbers, name, values, places[level][1])
    for name, (level, where, of) in _NEIGHBOURS.items():
        _put(numbers, name, own[level][of], places[level][where])
    for name, total in zip(("j1", "j2", "j3"), (len(syllables), len(words), len(utterance.phrases))):
        numbers[:, COLUMN[name]] = total

    speech = [CONTENT if each.content else FUNCTION for each in words]
    of_word = dict(zip(("d1", "e1", "f1"), (_taken(speech, index) for index in places["word"])))
    vowels = _taken([each.vowel or NO_VOWEL for each in syllables], places["syllable"][1])
    endings = _taken([phrase.ending for phrase in utterance.phrases], places["phrase"][1])
    return Contexts(segments, numbers, {**of_word, "b16": vowels, "h5": endings})


_BEFORE, _NEXT = 0, 2

_NEIGHBOURS = {
    "a1": ("syllable", _BEFORE, "b1"), "a3": ("syllable", _BEFORE, "b3"),
    "c1": ("syllable", _NEXT, "b1"), "c3": ("syllable", _NEXT, "b3"),
    "d2": ("word", _BEFORE, "e2"), "f2": ("word", _NEXT, "e2"),
    "g1": ("phrase", _BEFORE, "h1"), "g2": ("phrase", _BEFORE, "h2"),
    "i1": ("phrase", _NEXT, "h1"), "i2": ("phrase", _NEXT, "h2"),
}  # fmt: skip
"""Field of a neighbour -> level, which neighbour, and the field that it has there itself."""


def _own_numbers(
    utterance: Utterance, phone: _Level, syllable: _Level, word: _Level
) -> dict[str, dict[str, np.ndarray]]:
    """Return level -> field -> number of each unit of that level."""
    stress = np.array([each.stress for word in utterance.words for each in word.syllables])
    content = np.array([each.content for each in utterance.words])
    phones, syllables, words = phone.sizes, syllable.sizes, word.sizes
    in_phrase = _Level.of(np.bincount(word.parent, syllables).astype(int))
    phrases = np.arange(len(words))
    return {
        "syllable": {
            "b1": stress, "b3": phones, "b4": syllable.forward, "b5": syllable.backward, "b6": in_phrase.forward,
            "b7": in_phrase.backward, **dict(zip(("b8", "b9", "b12", "b13"), _marked(stress == PRIMARY, in_phrase))),
        },
        "word": {
            "e2": syllables, "e3": word.forward, "e4": word.backward,
            **dict(zip(("e5", "e6", "e7", "e8"), _marked(content, word))),
        },
        "phrase": {"h1": in_phrase.sizes, "h2": words, "h3": phrases + 1, "h4": len(phrases) - phrases},
    }  # fmt: skip


def _put(numbers: np.ndarray, name: str, values: np.ndarray, index: np.ndarray) -> None:
    """Put the values at an index, [P], into a field; where there are none, it stays as it is."""
    there = (index >= 0) & (index < len(values))
    numbers[there, COLUMN[name]] = values[index[there]]


def _places(
    paused: np.ndarray, phone: _Level, syllable: _Level, word: _Level
) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]]:
    """Return which segments are phones, [P], and level -> numbers of the unit before, of the own and of the next, [P].

    Numbers of what there is not are `MISSING` or too large. Before and behind a pause are the units that it parts; of
    phrases, one that it stands in is neither.

    Args:
        paused: Behind which words there is a pause, [words].
        phone, syllable, word: The levels.
    """
    numbers = {"syllable": phone.parent, "word": syllable.parent[phone.parent]}
    numbers["phrase"] = word.parent[numbers["word"]]
    sizes = np.bincount(numbers["word"]) + paused
    behind_words = np.cumsum(sizes)[paused] - 1  # where pauses stand between the silences
    spoken = np.full(int(sizes.sum()) + 2, True)
    spoken[[0, *(1 + behind_words), -1]] = False
    done = np.cumsum(spoken)  # phones up to and with each segment
    places = {}
    for level, of_phone in numbers.items():
        last = np.concatenate(([MISSING], of_phone))[done]  # that of the last phone
        following = np.concatenate((of_phone, [of_phone[-1] + 1]))[done]  # that of the phone behind it
        around = spoken | (last == following)
        before, behind = np.where(around, last - 1, last), np.where(around, last + 1, following)
        places[level] = (np.maximum(before, MISSING), np.where(spoken, last, MISSING), behind)
    return spoken, places


def _marked(marked: np.ndarray, level: _Level) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return of each unit how many marked ones its parent has before and after it, and how far the nearest are.

    Args:
        marked: Which units are, [N].
        level: Their level.
    """
    place = np.arange(len(marked))
    start, end = place - level.first, place - level.first + level.count
    total = np.concatenate(([0], np.cumsum(marked)))
    before, after = total[place] - total[start], total[end] - total[place + 1]
    last = np.maximum.accumulate(np.concatenate(([MISSING], np.where(marked, place, MISSING)[:-1])))
    backward = np.where(marked, place, len(marked))[::-1]
    following = np.minimum.accumulate(np.concatenate(([len(marked)], backward[:-1])))[::-1]
    return before, after, np.where(before > 0, place - last, 0), np.where(after > 0, following - place, 0)


def _taken(names: list[str | None], index: np.ndarray) -> tuple[str | None, ...]:
    return tuple(names[place] if 0 <= place < len(names) else None for place in index.tolist())
