"""The error that is for people: one line that says what, where and what to do."""

from __future__ import annotations

import difflib
import re
import reprlib
from collections.abc import Iterable
from typing import Any

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = 120
_REPR.maxlong = 40
_REPR.maxlevel = 2

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

LONGEST = 900
"""Characters of a message; whatever the input holds, a person has to read it."""


class AudiolabError(Exception):
    """Something that the user can mend; its message is one line without a traceback.

    Any other exception that leaves a command is a bug in audiolab and keeps its traceback. Whatever was put into the
    message, it is one line of at most `LONGEST` characters: see `one_line`.
    """

    def __init__(self, message: object) -> None:
        super().__init__(one_line(str(message)))


class OptionError(AudiolabError):
    """An option's value that turns out wrong when it is used, as a name that the data do not have.

    `audiolab.config.placed` tells it where the option was given, which may be a YAML.

    Args:
        option: The option's name, with dots where it has some.
        problem: What is wrong, and what to do.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"--{option}: {problem}")
        self.option, self.problem = option, problem


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return the end of an error message about an unknown ``word``: the nearest choice, or all of them.

    >>> did_you_mean("lernrate", ["learning_rate", "seed"])
    "; did you mean 'learning_rate'?"
    >>> did_you_mean("xyz", ["rate", "seed"])
    '; known are: rate, seed'
    """
    choices = sorted(choices)
    if len(word) > 200:
        return ""
    near = difflib.get_close_matches(word, choices, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known are: {', '.join(choices)}" if choices else ""


def shown(value: Any) -> str:
    """Return the ``repr`` of a value that came from outside, shortened, however large the value is.

    >>> shown([1] * 1000)
    '[1, 1, 1, 1, 1, 1, ...]'
    """
    text = _REPR.repr(value)
    return text if len(text) <= 300 else f"{text[:299]}…"


def one_line(message: str) -> str:
    """Return a message with control characters and what is not Unicode escaped, and its middle left out if it is long.

    >>> one_line("a name\\nwith a line end")
    'a name\\\\nwith a line end'
    """
    if len(message) > LONGEST:
        message = f"{message[: 2 * LONGEST // 3]} … {message[-LONGEST // 4 :]}"
    escaped = _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], message)
    return escaped if len(escaped) <= LONGEST else f"{escaped[: LONGEST - 1]}…"
