"""HTS' full-context labels (``.lab``): a line a segment, with or without times in units of 100 ns.

Numbers and names that do not exist are ``x``. Phones beyond the ends are ``xx``, for ``x`` is a phone of German, Polish
and Spanish; ``x`` is read there, too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiolab.errors import AudiolabError, shown
from audiolab.text.context import MISSING, NAMES, NUMBERS, Contexts
from audiolab.textfile import read_lines

TICKS = 10_000_000
"""Units of time in a second."""

_FORM = (
    "{p1}^{p2}-{p3}+{p4}={p5}@{p6}_{p7}/A:{a1}_{a2}_{a3}"
    "/B:{b1}-{b2}-{b3}@{b4}-{b5}&{b6}-{b7}#{b8}-{b9}${b10}-{b11}!{b12}-{b13};{b14}-{b15}|{b16}"
    "/C:{c1}+{c2}+{c3}/D:{d1}_{d2}/E:{e1}+{e2}@{e3}+{e4}&{e5}+{e6}#{e7}+{e8}/F:{f1}_{f2}"
    "/G:{g1}_{g2}/H:{h1}={h2}@{h3}={h4}|{h5}/I:{i1}={i2}/J:{j1}+{j2}-{j3}"
)

_NONE, _NOBODY = "x", "xx"

_QUINPHONE = ("p1", "p2", "p3", "p4", "p5")


def _field(found: re.Match[str]) -> str:
    """Return the pattern of a field and the sign behind it: a name has all signs but that, so no line takes long."""
    name, behind = found.groups()
    return f"(?P<{name}>{'x|[0-9]{1,9}' if name in NUMBERS else f'[^ {behind}]+'}){behind}"


_LINE = re.compile(
    r"(?:(?P<begin>\d{1,18}) +(?P<end>\d{1,18}) +)?" + re.sub(r"\\{(\w+)\\}(\\?.|$)", _field, re.escape(_FORM)) + " *"
)


@dataclass(frozen=True)
class Labels:
    """The labels of an utterance.

    Attributes:
        contexts: What they say.
        times: Where each segment begins and ends, int64 [P, 2], in units of 100 ns; None where they do not say.
    """

    contexts: Contexts
    times: np.ndarray | None = None


def format_labels(labels: Labels) -> str:
    """Return labels as the text of a file."""
    contexts = labels.contexts
    around = (_NOBODY, _NOBODY, *contexts.segments, _NOBODY, _NOBODY)
    columns = {name: [_NONE if value is None else value for value in contexts.names[name]] for name in NAMES}
    columns |= {name: [_NONE if n == MISSING else n for n in contexts[name].tolist()] for name in NUMBERS}
    columns |= {name: around[place : place + len(contexts)] for place, name in enumerate(_QUINPHONE)}
    names = list(columns)
    lines = [_FORM.format_map(dict(zip(names, row))) for row in zip(*columns.values())]
    if labels.times is not None:
        lines = [f"{begin} {end} {line}" for (begin, end), line in zip(labels.times.tolist(), lines)]
    return "".join(f"{line}\n" for line in lines)


def read_labels(path: str | Path) -> Labels:
    """Return the labels in a file; raises `AudiolabError` as `parse_labels` does, and where it cannot be read."""
    return parse_labels(read_lines(path, "these labels", "make them with analyse_text"), path)


def parse_labels(lines: Sequence[str], path: str | Path) -> Labels:
    """Return the labels in the lines of a file.

    Args:
        lines: Its lines, without their ends.
        path: Its path, for messages.

    Raises:
        AudiolabError: A line is no full-context label; only some have times, or they do not follow one another; a
            neighbour is another phone than the one that stands there. Names file and line.
    """
    if not lines:
        raise AudiolabError(f"{path}: there is no label in it; make it with analyse_text")
    found = []
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise AudiolabError(f"{path}:{number}: {shown(line)} is no full-context label of HTS")
        found.append(match.groupdict())
    columns = {name: [row[name] for row in found] for name in found[0]}
    segments = tuple(columns["p3"])
    _check_neighbours(columns, segments, path)
    numbers = [[MISSING if value == _NONE else int(value) for value in columns[name]] for name in NUMBERS]
    names = {name: tuple(None if value == _NONE else value for value in columns[name]) for name in NAMES}
    return Labels(Contexts(segments, np.array(numbers, np.int32).T, names), _times(columns, path))


def _check_neighbours(columns: dict[str, list[str]], segments: tuple[str, ...], path: str | Path) -> None:
    around = (_NOBODY, _NOBODY, *segments, _NOBODY, _NOBODY)
    for place, name in enumerate(_QUINPHONE):
        for number, (told, is_) in enumerate(zip(columns[name], around[place:]), 1):
            if told != is_ and (told, is_) != (_NONE, _NOBODY):
                raise AudiolabError(f"{path}:{number}: {name} is {shown(told)}, and that line has {shown(is_)}")


def _times(columns: dict[str, list[str]], path: str | Path) -> np.ndarray | None:
    timed = [begin is not None for begin in columns["begin"]]
    if not any(timed):
        return None
    if not all(timed):
        raise AudiolabError(f"{path}:{timed.index(False) + 1}: has no times, and other lines have")
    times = np.array([columns["begin"], columns["end"]]).astype(np.int64).T
    wrong = next((n for n, (begin, end) in enumerate(times.tolist(), 1) if begin > end), None)
    behind = (n for n, (one, two) in enumerate(itertools.pairwise(times.tolist()), 2) if one[1] != two[0])
    wrong = wrong or next(behind, None)
    if wrong:
        raise AudiolabError(f"{path}:{wrong}: its times do not follow those before it; segments have no gaps")
    return times
