"""The error that is for people: one line that says what, where and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AudiolabError(Exception):
    """Something that the user can mend; its message is one line without a traceback.

    Any other exception that leaves a command is a bug in audiolab and keeps its traceback.
    """


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return the end of an error message about an unknown ``word``: the nearest choice, or all of them.

    >>> did_you_mean("lernrate", ["learning_rate", "seed"])
    "; did you mean 'learning_rate'?"
    >>> did_you_mean("xyz", ["rate", "seed"])
    '; known are: rate, seed'
    """
    choices = sorted(choices)
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known are: {', '.join(choices)}" if choices else ""
