"""What kinds of sounds phones are, by the International Phonetic Alphabet: a table of its letters and marks.

A phone may be written with several letters, as espeak-ng does: a diphthong (``aɪ``), an affricate (``tʃ``), a vowel
with the consonant that colours it (``ɔːɹ``, ``əl``), a double consonant (``ss``). Its classes follow from its letters.
"""

from __future__ import annotations

import functools
import unicodedata

from audiolab.errors import AudiolabError

HEIGHTS = ("close", "near_close", "close_mid", "mid", "open_mid", "near_open", "open")
BACKNESSES = ("front", "central", "back")
MANNERS = ("plosive", "affricate", "fricative", "trill", "tap", "approximant")
PLACES = (
    "bilabial", "labiodental", "dental", "alveolar", "postalveolar", "retroflex", "alveolo_palatal", "palatal",
    "labial_velar", "velar", "uvular", "pharyngeal", "glottal",
)  # fmt: skip
VOWELS = (*HEIGHTS, *BACKNESSES, "rounded", "diphthong", *(f"to_{name}" for name in BACKNESSES))
"""Classes that vowels have; ``to_front`` and its like: where a diphthong ends."""
SHARED = ("nasal", "lateral", "rhotic", "long", "short")
CLASSES = ("vowel", "consonant", *VOWELS, *MANNERS, *PLACES, *SHARED, "voiced", "syllabic", "palatalised", "aspirated")
"""All classes, in the order that columns have; a phone may be of many."""

_VOWELS = {
    "i": "close front", "y": "close front rounded", "ɨ": "close central", "ʉ": "close central rounded",
    "ɯ": "close back", "u": "close back rounded", "ɪ": "near_close front", "ʏ": "near_close front rounded",
    "ᵻ": "near_close central", "ᵿ": "near_close central rounded", "ʊ": "near_close back rounded",
    "e": "close_mid front", "ø": "close_mid front rounded", "ɘ": "close_mid central",
    "ɵ": "close_mid central rounded", "ɤ": "close_mid back", "o": "close_mid back rounded", "ə": "mid central",
    "ɚ": "mid central rhotic", "ɛ": "open_mid front", "œ": "open_mid front rounded", "ɜ": "open_mid central",
    "ɝ": "open_mid central rhotic", "ɞ": "open_mid central rounded", "ʌ": "open_mid back",
    "ɔ": "open_mid back rounded", "æ": "near_open front", "ɐ": "near_open central", "a": "open front",
    "ɶ": "open front rounded", "ɑ": "open back", "ɒ": "open back rounded",
}  # fmt: skip

_PAIRS = {
    "p b": "bilabial plosive", "t d": "alveolar plosive", "ʈ ɖ": "retroflex plosive", "c ɟ": "palatal plosive",
    "k ɡ": "velar plosive", "q ɢ": "uvular plosive", "ɸ β": "bilabial fricative", "f v": "labiodental fricative",
    "θ ð": "dental fricative", "s z": "alveolar fricative", "ʃ ʒ": "postalveolar fricative",
    "ʂ ʐ": "retroflex fricative", "ɕ ʑ": "alveolo_palatal fricative", "ç ʝ": "palatal fricative",
    "x ɣ": "velar fricative", "χ": "uvular fricative", "ħ ʕ": "pharyngeal fricative", "h ɦ": "glottal fricative",
    "ɬ ɮ": "alveolar fricative lateral",
}  # fmt: skip
"""Consonants without and with voice."""

_VOICED = {
    "m": "bilabial nasal", "ɱ": "labiodental nasal", "n": "alveolar nasal", "ɳ": "retroflex nasal",
    "ɲ": "palatal nasal", "ŋ": "velar nasal", "ɴ": "uvular nasal", "ʙ": "bilabial trill", "r": "alveolar trill rhotic",
    "ʀ": "uvular trill rhotic", "ⱱ": "labiodental tap", "ɾ": "alveolar tap rhotic", "ɽ": "retroflex tap rhotic",
    "ʁ": "uvular fricative rhotic", "ʋ": "labiodental approximant", "ɹ": "alveolar approximant rhotic",
    "ɻ": "retroflex approximant rhotic", "j": "palatal approximant", "ɥ": "palatal approximant rounded",
    "ɰ": "velar approximant", "w": "labial_velar approximant rounded", "l": "alveolar approximant lateral",
    "ɫ": "alveolar approximant lateral", "ɭ": "retroflex approximant lateral", "ʎ": "palatal approximant lateral",
    "ʟ": "velar approximant lateral",
}  # fmt: skip

_MARKS = {
    "ː": "long", "ˑ": "long", "\u0306": "short", "\u0303": "nasal", "\u0329": "syllabic", "˞": "rhotic",
    "ʲ": "palatalised", "ʰ": "aspirated", "ʷ": "rounded",
}  # fmt: skip
"""Marks that give the letter before them a class."""

_PLACED = {"\u032a": "dental", "\u0325": "", "\u030a": "", "\u032c": "voiced"}
"""Marks that take one away: dental (of the places), voiceless and voiced."""

_SILENT = "\u0361\u035c\u031a\u031d\u031e\u031f\u0320\u032f\u0311"
"""Marks without a class of their own: ties, no release, a bit higher, lower, farther front or back, no syllable."""


def _letters() -> dict[str, frozenset[str]]:
    table = {letter: {"vowel", "voiced", *names.split()} for letter, names in _VOWELS.items()}
    for pair, names in _PAIRS.items():
        for letter, voice in zip(pair.split(), ((), ("voiced",))):
            table[letter] = {"consonant", *names.split(), *voice}
    table |= {letter: {"consonant", "voiced", *names.split()} for letter, names in _VOICED.items()}
    table["ʔ"] = {"consonant", "glottal", "plosive"}
    table["g"] = table["ɡ"]  # the Latin letter in place of the IPA's
    return {letter: frozenset(names) for letter, names in table.items()}


_LETTERS = _letters()


@functools.cache
def classes_of(symbol: str) -> frozenset[str]:
    """Return the classes of a phone, of `CLASSES`.

    Args:
        symbol: In IPA, without marks of stress.

    Raises:
        AudiolabError: A letter or mark of it is unknown, or its letters do not make one phone; names the phone.
    """
    parts: list[set[str]] = []
    for sign in unicodedata.normalize("NFD", symbol).replace("c\u0327", "ç"):
        if sign in _LETTERS:
            parts.append(set(_LETTERS[sign]))
        elif not parts or not _marked(parts[-1], sign):
            raise AudiolabError(
                f"phone '{symbol}': '{sign}' (U+{ord(sign):04X}) is no letter or mark of the IPA that is known here; "
                "write it in IPA, or add it to the table in audiolab/text/ipa.py"
            )
    joined = _joined(parts)
    if joined is None:
        raise AudiolabError(f"phone '{symbol}': these letters of the IPA are no one phone; part them")
    return frozenset(joined)


def _marked(classes: set[str], mark: str) -> bool:
    """Give the last letter's classes what a mark says; return whether it is known."""
    if mark in _MARKS:
        classes.add(_MARKS[mark])
    elif mark in _PLACED:
        classes -= set(PLACES) if _PLACED[mark] == "dental" else {"voiced"}
        classes |= set(filter(None, [_PLACED[mark]]))
    else:
        return mark in _SILENT
    return True


def _joined(parts: list[set[str]]) -> set[str] | None:
    """Return the classes of a phone of several letters; None where they make none."""
    if not parts:
        return None
    first, last = parts[0], parts[-1]
    vowels = [part for part in parts if "vowel" in part]
    if len(parts) == 1:
        return first
    if not vowels:
        return _of_two_consonants(first, last) if len(parts) == 2 else None
    if parts[: len(vowels)] != vowels:  # a consonant before a vowel
        return None
    found = first | {name for part in parts for name in SHARED if name in part}
    end = vowels[-1] & {*HEIGHTS, *BACKNESSES}
    if end != first & {*HEIGHTS, *BACKNESSES}:
        return found | {"diphthong"} | {f"to_{name}" for name in end if name in BACKNESSES}
    return found | {"long"} if len(vowels) > 1 else found


def _of_two_consonants(first: set[str], last: set[str]) -> set[str] | None:
    kind = {"consonant", "voiced", *MANNERS, *PLACES, "nasal", "lateral", "rhotic"}
    if first & kind == last & kind:
        return first | last | {"long"}
    if "plosive" in first and "fricative" in last:
        return (last - {"fricative"}) | {"affricate"}
    return None


def is_nucleus(symbol: str) -> bool:
    """Return whether a phone makes a syllable: a vowel, or a consonant with the mark of a syllable."""
    return not classes_of(symbol).isdisjoint(("vowel", "syllabic"))
