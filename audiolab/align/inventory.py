"""Which model a phone has: one of its own, or another's where it is rare or unknown."""

from __future__ import annotations

import functools
import logging
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from audiolab.align.layout import SILENCE, Units
from audiolab.align.transcripts import MAYBE, PAU, SIL
from audiolab.errors import AudiolabError

logger = logging.getLogger(__name__)

Phone = tuple[str, str]
"""Language, empty where languages are not told apart, and symbol."""

ANY = "*"
"""The language of models that rare phones of all languages share."""

_VOWELS = frozenset("aeiouyæøœɐɑɒɔəɘɚɛɜɝɞɤɨɪɯɵɶʉʊʌʏᵻ")
_MARKS = ("M", "Lm", "Sk", "N", "P")
"""Unicode's categories of what tells variants of a phone apart: length, nasality, stress …"""


@dataclass(frozen=True)
class Inventory:
    """The models of phones, and which phones have which.

    Attributes:
        phones: Of each model, in order, behind that of silence, the phone that it is named by; the commonest first.
        tied: Rare phone of the training set -> the phone whose model it has.
    """

    phones: tuple[Phone, ...]
    tied: Mapping[Phone, Phone]

    @functools.cached_property
    def _numbers(self) -> dict[Phone, int]:
        return {phone: number for number, phone in enumerate(self.phones, SILENCE + 1)}

    def model(self, phone: Phone) -> int | None:
        """Return the number of a phone's model, or of one that is like it; None where none is."""
        found = self.tied.get(phone, phone)
        if found not in self._numbers:
            found = _like(phone, self.phones)
        return None if found is None else self._numbers[found]

    def units(self, symbols: Sequence[str], language: str, where: str) -> Units:
        """Return the units of an utterance, pauses that may be there among them.

        Args:
            symbols: As `audiolab.align.transcripts.parse_phones` gives them.
            language: Whose phones they are; empty where languages are not told apart.
            where: Table and utterance, for messages.

        Raises:
            AudiolabError: A phone was not in the training set, nor was one that is like it.
        """
        models = np.zeros(len(symbols), np.int32)
        for place, symbol in enumerate(symbols):
            if symbol not in (SIL, PAU, MAYBE):
                model = self.model((language, symbol))
                if model is None:
                    raise AudiolabError(
                        f"{where}: phone '{name_of((language, symbol))}' is unknown to the model, and so is every one "
                        "like it; train one on data that have it"
                    )
                models[place] = model
        optional = np.array([symbol == MAYBE for symbol in symbols])
        return Units(models, optional)

    def tell_borrowed(self, phones: Iterable[Phone]) -> None:
        """Log which phones of further data have another one's model."""
        pairs = {phone: self.model(phone) for phone in sorted(set(phones)) if phone not in self._numbers}
        borrowed = {phone: self.phones[model - SILENCE - 1] for phone, model in pairs.items() if model is not None}
        _tell("phones have no model of their own, and another's", borrowed)


def make_inventory(counts: Mapping[Phone, int], rarest: int) -> Inventory:
    """Return the models for a training set, and log which phones are too rare for one of their own.

    A rare phone has the model of the same symbol in another language, else of the same letters without marks in its
    own or another language; what has none is trained with other such vowels or consonants.

    Args:
        counts: How often each phone is said.
        rarest: Phones that are said less often are rare.
    """
    order = sorted(counts, key=lambda phone: (-counts[phone], phone))
    common = [phone for phone in order if counts[phone] >= rarest]
    tied = {phone: _like(phone, common) or (ANY, _class_of(phone[1])) for phone in order if counts[phone] < rarest}
    _tell(f"phones are said less than {rarest} times, and have another's model", tied)
    pools = {phone for phone in tied.values() if phone[0] == ANY}
    return Inventory((*common, *sorted(pools)), tied)


def count_phones(utterances: Iterable[tuple[str, Sequence[str]]]) -> Counter[Phone]:
    """Return how often each phone is said in utterances, given as pairs of language and symbols."""
    return Counter(
        (language, symbol) for language, symbols in utterances for symbol in symbols if symbol not in (SIL, PAU, MAYBE)
    )


def name_of(phone: Phone) -> str:
    """Return a phone's name in messages: ``de:ç``."""
    return ":".join(filter(None, phone))


def _like(phone: Phone, known: Sequence[Phone]) -> Phone | None:
    """Return which of the known phones, the best of equals first, is most like one; None where none is."""
    language, symbol = phone
    letters = _letters(symbol)
    ways = (
        lambda other: other[1] == symbol and other[0] != ANY,
        lambda other: other[0] == language and _letters(other[1]) == letters,
        lambda other: other[0] != ANY and _letters(other[1]) == letters,
        lambda other: other == (ANY, _class_of(symbol)),
    )
    return next((other for way in ways for other in known if way(other)), None)


@functools.cache
def _letters(symbol: str) -> str:
    """Return a symbol without marks."""
    plain = [c for c in unicodedata.normalize("NFD", symbol) if not unicodedata.category(c).startswith(_MARKS)]
    return "".join(plain) or symbol


def _class_of(symbol: str) -> str:
    return "vowels" if _letters(symbol)[0].lower() in _VOWELS else "consonants"


def _tell(what: str, tied: Mapping[Phone, Phone]) -> None:
    if tied:
        pairs = ", ".join(f"{name_of(phone)} as {name_of(other)}" for phone, other in sorted(tied.items()))
        logger.warning("%d %s: %s", len(tied), what, pairs)
