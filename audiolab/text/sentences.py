"""Sentences for synthetic speech: as a reader says them in 2 to 5 s, written for audiolab.

There are lists of sentences, and for more of them lists of parts of which sentences are composed.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from audiolab.errors import AudiolabError, did_you_mean

_LISTS = Path(__file__).with_name("lists")
_PARTS = Path(__file__).with_name("parts")
"""In a language's file are groups of lines with an empty line between; one of each group, in their order, make a
sentence. Those of the last group end it, and follow without a space; ``-`` stands for nothing."""

_SHARE = 4
"""Of the sentences that there could be, one in this many is composed at most: so few are met twice on the way."""


def sentence_languages() -> list[str]:
    """Return the languages in which there are sentences, as ``utt2lang`` has them."""
    return sorted(path.stem for path in _LISTS.glob("*.txt"))


def sentences_in(language: str) -> list[str]:
    """Return the sentences that there are in a language, all different, in an order that stays.

    Raises:
        AudiolabError: There are none.
    """
    known = sentence_languages()
    if language not in known:
        raise AudiolabError(f"there are no sentences in the language '{language}'{did_you_mean(language, known)}")
    return (_LISTS / f"{language}.txt").read_text(encoding="utf-8").splitlines()


def composed_languages() -> list[str]:
    """Return the languages in which sentences can be composed, as `sentence_languages` names them."""
    return sorted(path.stem for path in _PARTS.glob("*.txt"))


def composed_sentences(language: str, count: int, rng: np.random.Generator) -> list[str]:
    """Return ``count`` different sentences in a language, in which each part comes as often as the others.

    Args:
        language: One of `composed_languages`.
        count: 0 or more.
        rng: Draws which parts come together.

    Raises:
        AudiolabError: There are no parts in the language, or too few for so many sentences.
    """
    known = composed_languages()
    if language not in known:
        raise AudiolabError(f"there are no parts of sentences in '{language}'{did_you_mean(language, known)}")
    groups = (_PARTS / f"{language}.txt").read_text(encoding="utf-8").strip("\n").split("\n\n")
    parts = [group.split("\n") for group in groups]
    most = math.prod(len(set(group)) for group in parts) // _SHARE
    if count > most:
        raise AudiolabError(f"{count} composed sentences in '{language}' are asked for, there are {most}")
    found: dict[str, None] = {}
    while len(found) < count:
        columns = [rng.permutation(np.resize(group, max(map(len, parts)))) for group in parts]
        found |= dict.fromkeys(" ".join(part for part in begin if part != "-") + end for *begin, end in zip(*columns))
    return list(found)[:count]
