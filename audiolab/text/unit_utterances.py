"""A front end of text without a phonemiser: SentencePiece's units in the place of phones.

A word is one syllable of its units, without a stress; a phrase ends where a mark of punctuation does. Numbers and
abbreviations stay as they are written.
"""

from __future__ import annotations

import re

from audiolab.text.normalise import normalise
from audiolab.text.phonemes import NoWord, has_stop
from audiolab.text.structure import Marked, Syllable, Utterance, Word, checked, joined
from audiolab.text.units import Units

_ENDS = re.compile(r"(\W*)(.*?)(\W*)", re.DOTALL)


def utterance_of_units(text: str, units: Units) -> Utterance:
    """Return the structure of a text; a unit ``▁the`` is the segment ``<▁the>``.

    Raises:
        NoWord: The text has no word.
    """
    tokens: list[list[str]] = []  # marks before, word, marks behind
    waiting = ""
    for token in text.split():
        before, word, behind = _ENDS.fullmatch(token).groups()
        if normalise(word):
            tokens.append([f"{waiting}{before}", word, behind])
            waiting = ""
        elif tokens:
            tokens[-1][2] += f" {token}"
        else:
            waiting += f"{token} "
    if not tokens:
        raise NoWord(f"'{text[:80]}': there is no word in it; leave it out")
    marks = [f"{behind} {before}" for (_, _, behind), (before, _, _) in zip(tokens, [*tokens[1:], ["", "", ""]])]
    return joined(Marked(_word(token[1], units, has_stop(each)), each) for token, each in zip(tokens, marks))


def _word(text: str, units: Units, pause: bool) -> Word:
    symbols = [f"<{piece.strip('<>')}>" for piece in units.pieces(text)]
    return Word((Syllable(tuple(map(checked, symbols))),), pause)
