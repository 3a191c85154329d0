"""Syllables of words: one at each vowel, and between vowels as many consonants to the next as may begin a syllable.

That is the principle of the maximal onset. What may begin a syllable follows from the sonority of the consonants, which
rises from plosives over fricatives, nasals and liquids to glides, and from what languages allow beyond that or not
(`ONSETS`). It knows phones only. It does not know where parts of a word meet (German "Haus-tür" is taken for
"Hau-stür"), that short stressed vowels of English and German draw a consonant to them, or that a long consonant belongs
to two syllables: it begins the second one. A word without a vowel, as Polish "w", is one syllable.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from audiolab.text.ipa import classes_of, is_nucleus


@dataclass(frozen=True)
class Onsets:
    """What may begin a syllable of a language, beside one consonant and a consonant with a glide.

    Attributes:
        sibilants: Whether s and ʃ may stand before a plosive without voice, a nasal or l and what may follow that:
            "stream".
        voiced: Whether z and ʒ may, too, and of plosives before those with voice: "zdanie".
        nasals: Whether an obstruent may stand before a nasal, as in Polish "kność".
        coronals: Whether t and d may stand before l.
    """

    sibilants: bool = False
    voiced: bool = False
    nasals: bool = False
    coronals: bool = False


ONSETS = {
    "en": Onsets(sibilants=True),
    "de": Onsets(sibilants=True),
    "pl": Onsets(sibilants=True, voiced=True, nasals=True, coronals=True),
}
"""By the first part of a language's code; of others, as of Romance languages, `Onsets()`: es-ta, in-glés, a-tlas."""

_CORONAL = ("alveolar", "dental")
_PLOSIVE, _FRICATIVE, _NASAL, _LIQUID, _GLIDE = range(5)


def split_syllables(symbols: Sequence[str], language: str) -> list[int]:
    """Return where each syllable of a word begins, from 0 and rising; the first begins at 0.

    Args:
        symbols: The word's phones in IPA, at least one.
        language: Its code, as ``pt-br``.

    Raises:
        AudiolabError: A phone is none of the IPA.
    """
    rules = ONSETS.get(language.lower().partition("-")[0], Onsets())
    nuclei = [place for place, symbol in enumerate(symbols) if is_nucleus(symbol)]
    begins = [0]
    for before, nucleus in itertools.pairwise(nuclei):
        begin = nucleus
        while begin - 1 > before and _may_begin(symbols[begin - 1], symbols[begin] if begin < nucleus else None, rules):
            begin -= 1
        begins.append(begin)
    return begins


@functools.cache
def _may_begin(first: str, then: str | None, rules: Onsets) -> bool:
    """Return whether a consonant may begin a syllable before another one that may, or before the vowel (None)."""
    if then is None:
        return first != "ŋ"
    kind, behind = _sonority(first), _sonority(then)
    if _is_sibilant(first) and rules.sibilants and (behind in (_PLOSIVE, _NASAL) or then == "l"):
        voices = {"voiced" in classes_of(symbol) for symbol in (first, then)}
        alike = behind != _PLOSIVE or (len(voices) == 1 and not _is_sibilant(then))
        return alike and (rules.voiced or "voiced" not in classes_of(first))
    if behind == _GLIDE:
        return kind < _GLIDE
    if kind > _FRICATIVE or "glottal" in classes_of(first):
        return False
    if behind == _NASAL:
        return rules.nasals
    if behind != _LIQUID:
        return False
    if then in ("l", "ɫ") and "plosive" in classes_of(first) and not classes_of(first).isdisjoint(_CORONAL):
        return rules.coronals
    return rules.voiced or not _is_sibilant(first) or (rules.sibilants and first == "ʃ")


def _is_sibilant(symbol: str) -> bool:
    """Return whether a consonant hisses; affricates that end so do, too."""
    classes = classes_of(symbol)
    hisses = not classes.isdisjoint(("alveolar", "postalveolar", "retroflex", "alveolo_palatal"))
    return hisses and "lateral" not in classes and not classes.isdisjoint(("fricative", "affricate"))


def _sonority(symbol: str) -> int:
    classes = classes_of(symbol)
    if "rhotic" in classes or "lateral" in classes:
        return _LIQUID
    if "nasal" in classes:
        return _NASAL
    if "approximant" in classes:
        return _GLIDE
    return _FRICATIVE if "fricative" in classes else _PLOSIVE
