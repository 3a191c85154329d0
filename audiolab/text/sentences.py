"""Sentences for synthetic speech: as a reader says them in 2 to 5 s, written for audiolab."""

from __future__ import annotations

from pathlib import Path

from audiolab.errors import AudiolabError, did_you_mean

_LISTS = Path(__file__).with_name("lists")


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
