"""Linguistic vectors: the contexts of an utterance's segments as the values of a set's columns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.text.context import NUMBERS, Contexts
from audiolab.text.ipa import CLASSES, classes_of
from audiolab.text.linguistic_set import NEIGHBOURS, POSITIONS, LinguisticSet, identity
from audiolab.text.structure import PAUSE, SILENCE, is_unit


class Vectoriser:
    """Makes vectors of contexts.

    Args:
        features: The set whose columns they have.
    """

    def __init__(self, features: LinguisticSet) -> None:
        self.features = features
        self._column = {column.name: place for place, column in enumerate(features.columns)}
        self._numbers = np.array([(n, self._column[name]) for n, name in enumerate(NUMBERS) if name in self._column]).T
        self._values = [
            (*name.split("="), place) for name, place in self._column.items() if name.partition("=")[0] not in POSITIONS
            and "=" in name
        ]  # fmt: skip
        self._identities: dict[tuple[str, str], np.ndarray] = {}
        self._classes: dict[tuple[str, str], np.ndarray] = {}

    def __call__(self, contexts: Contexts, language: str, where: str = "") -> np.ndarray:
        """Return the vectors, float32 [P, D], raw: numbers as they are, 0 or 1 elsewhere.

        Args:
            contexts: Of an utterance's P segments.
            language: Its code.
            where: Names the utterance, for messages.

        Raises:
            AudiolabError: The set has no such language, or not that phone of it.
        """
        vectors = np.zeros((len(contexts), len(self.features)), np.float32)
        fields, places = self._numbers
        vectors[:, places] = np.maximum(contexts.numbers[:, fields], 0)
        for name, value, place in self._values:
            vectors[:, place] = self._has(contexts, name, value)
        self._put_segments(vectors, contexts, language, where)
        return vectors

    @staticmethod
    def _has(contexts: Contexts, name: str, value: str) -> np.ndarray:
        if name in NUMBERS:
            return contexts[name] == int(value)
        return np.array([each == value for each in contexts.names[name]])

    def _put_segments(self, vectors: np.ndarray, contexts: Contexts, language: str, where: str) -> None:
        """Put in what the segments, their neighbours and their syllables' vowels are."""
        symbols = list(dict.fromkeys(contexts.segments))
        number = {symbol: place for place, symbol in enumerate(symbols)}
        own = np.array([number[symbol] for symbol in contexts.segments])
        around = np.full(len(own) + 2 * NEIGHBOURS, -1)
        around[NEIGHBOURS:-NEIGHBOURS] = own
        vowels = contexts.names["b16"]
        for place, position in enumerate(POSITIONS):
            there = around[place : place + len(own)]
            rows = np.flatnonzero(there >= 0)
            self._scatter(vectors, rows, there[rows], [self._identity(position, s, language, where) for s in symbols])
            self._scatter(vectors, rows, there[rows], [self._classes_at(position, s) for s in symbols])
        rows = np.array([place for place, vowel in enumerate(vowels) if vowel in number], int)
        spoken = np.array([number[vowel] for vowel in vowels if vowel in number], int)
        self._scatter(vectors, rows, spoken, [self._classes_at("b16", symbol) for symbol in symbols])

    @staticmethod
    def _scatter(vectors: np.ndarray, rows: np.ndarray, symbols: np.ndarray, columns: Sequence[np.ndarray]) -> None:
        """Set the columns of the symbol of each row to 1."""
        sizes = np.array([len(each) for each in columns])
        joined, starts = np.concatenate(columns).astype(int), np.cumsum(sizes) - sizes
        many = sizes[symbols]
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        vectors[np.repeat(rows, many), joined[np.repeat(starts[symbols], many) + within]] = 1

    def _identity(self, position: str, symbol: str, language: str, where: str) -> np.ndarray:
        """Return the columns, one or none, that tell that a segment is this one."""
        silence = symbol in (SILENCE, PAUSE)
        name = symbol if silence else identity(symbol, language, self.features.phones)
        if (position, name) not in self._identities:
            column = self._column.get(f"{position}={name}")
            near = abs(list(POSITIONS).index(position) - NEIGHBOURS) <= self.features.neighbours
            if column is None and near:
                raise AudiolabError(
                    f"{where}: the set of linguistic features has no phone '{symbol}' of '{language}'; make it of this "
                    "data dir, too: linguistic_set --base appends what is new"
                )
            self._identities[position, name] = np.array([] if column is None else [column], int)
        return self._identities[position, name]

    def _classes_at(self, position: str, symbol: str) -> np.ndarray:
        """Return the columns that tell what kind of sound a phone is; none of silences and units."""
        if (position, symbol) not in self._classes:
            silent = symbol in (SILENCE, PAUSE) or is_unit(symbol)
            names = [f"{position}.{name}" for name in CLASSES if not silent and name in classes_of(symbol)]
            self._classes[position, symbol] = np.array([self._column[n] for n in names if n in self._column], int)
        return self._classes[position, symbol]
