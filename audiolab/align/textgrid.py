"""Praat's TextGrids as text, long or short: tiers of intervals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from audiolab.datadir.ctm import Segment, check_order
from audiolab.errors import AudiolabError
from audiolab.textfile import read_text

_TOKEN = re.compile(r'"(?:[^"]|"")*"|(?<!\S)(?:<[a-z]+>|[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?!\S)')
"""Texts in quotes, flags, and numbers that stand free; to Praat all else is comment."""


def read_textgrid(path: str | Path) -> dict[str, list[Segment]]:
    """Return the tiers of intervals by name; tiers of points are left out.

    Raises:
        AudiolabError: It cannot be read, is no TextGrid as text, ends early, goes on behind its end, has two tiers of
            one name, or intervals that overlap or leave gaps.
    """
    return _Reader(path).tiers()


class _Reader:
    def __init__(self, path: str | Path) -> None:
        self._path = path
        text = read_text(path, "this TextGrid", "in Praat: Save as text file, encoding UTF-8")
        self._tokens: Iterator[str] = (found[0] for found in _TOKEN.finditer(text))

    def tiers(self) -> dict[str, list[Segment]]:
        """Return the tiers."""
        if self._text() != "ooTextFile" or self._text() != "TextGrid":
            self._fail("it does not begin with ooTextFile and TextGrid")
        self._number(), self._number()
        if next(self._tokens, "") != "<exists>":
            self._fail("it has no tiers")
        found: dict[str, list[Segment]] = {}
        for _ in range(self._count()):
            kind, name = self._text(), self._text()
            self._number(), self._number()
            if kind == "IntervalTier":
                segments = [Segment(self._number(), self._number(), self._text()) for _ in range(self._count())]
                check_order(segments, f"{self._path}: tier '{name}'", gapless=True)
                if name in found:
                    self._fail(f"two tiers are called '{name}'")
                found[name] = segments
            elif kind == "TextTier":
                for _ in range(self._count()):
                    self._number(), self._text()
            else:
                self._fail(f"a tier is of class '{kind}', not IntervalTier or TextTier")
        if next(self._tokens, None) is not None:
            self._fail("it goes on behind its last tier")
        return found

    def _text(self) -> str:
        token = next(self._tokens, "")
        if token[:1] != '"':
            self._fail(f"'{token[:40]}' stands where a text in quotes is to be" if token else "it ends early")
        return token[1:-1].replace('""', '"')

    def _number(self) -> float:
        token = next(self._tokens, "")
        if not token or token[0] in '"<':
            self._fail(f"{token[:40]} stands where a number is to be" if token else "it ends early")
        return float(token)

    def _count(self) -> int:
        number = self._number()
        if number != int(number) or number < 0:
            self._fail(f"{number:g} stands where a count is to be")
        return int(number)

    def _fail(self, problem: str) -> None:
        raise AudiolabError(f"{self._path}: no TextGrid that can be read: {problem}")
