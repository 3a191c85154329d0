"""What the one who waits sees of a loop of more than a few seconds: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

logger = logging.getLogger(__name__)

EVERY_S = 10.0
"""Seconds between two lines of a log."""

Item = TypeVar("Item")


def told(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Yield ``items``, and tell how many of them were taken: ``12 of 48 utterances, 3 min left``.

    Args:
        items: What is gone through.
        what: What they are, in words and in the plural.
        total: How many there are; where it is not given, the length of ``items``.
    """
    if total is None:
        total = len(items) if isinstance(items, Sized) else None
    if _on_terminal():
        yield from tqdm(items, desc=what, total=total, leave=False)
        return
    clock = _Clock()
    for number, item in enumerate(items):
        if clock.is_due():
            of, left = ("", "") if total is None else (f" of {total}", f", {clock.left(number, total)} left")
            logger.info("%d%s %s%s", number, of, what, left)
        yield item


@contextmanager
def bytes_told(what: str, total: int, start: int = 0) -> Iterator[Callable[[int], None]]:
    """Give a function that takes in how many further bytes there are, and tells: ``db.zip: 12.0 of 48.1 MB``.

    Args:
        what: Name of what is fetched or written.
        total: Its bytes.
        start: Bytes that are there already.
    """
    if _on_terminal():
        with tqdm(desc=what, total=total, initial=start, unit="B", unit_scale=True) as bar:
            yield bar.update
        return
    clock, have = _Clock(), start

    def add(count: int) -> None:
        nonlocal have
        have += count
        if clock.is_due():
            logger.info("%s: %.1f of %.1f MB", what, have / 1e6, total / 1e6)

    yield add


class _Clock:
    """Says when a further line is due."""

    def __init__(self) -> None:
        self._first = self._last = time.monotonic()

    def is_due(self) -> bool:
        """Return whether `EVERY_S` have passed since it was last so, or since the beginning."""
        now = time.monotonic()
        if now - self._last < EVERY_S:
            return False
        self._last = now
        return True

    def left(self, done: int, total: int) -> str:
        """Return the time that the rest takes if it goes on as so far, in words."""
        seconds = (time.monotonic() - self._first) / max(done, 1) * max(total - done, 0)
        if seconds < 100:
            return f"{seconds:.0f} s"
        minutes = round(seconds / 60)
        return f"{minutes} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()
