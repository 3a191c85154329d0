"""What is said from when to when."""

from __future__ import annotations

from typing import NamedTuple


class Segment(NamedTuple):
    """A phone or a pause.

    Attributes:
        start: s.
        end: s.
        symbol: What it is.
    """

    start: float
    end: float
    symbol: str
