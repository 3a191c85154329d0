"""What the one who waits sees of a loop of more than a few seconds: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

from tqdm import tqdm

logger = logging.getLogger(__name__)

EVERY_S = 10.0
"""Seconds between two lines of a log."""

Item = TypeVar("Item")


def told(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Yield ``items``, and tell how many of them were taken: ``12 of 48 utterances``.

    Args:
        items: What is gone through.
        what: What they are, in words and in the plural.
        total: How many there are; where it is not given, the length of ``items``.
    """
    if total is None:
        total = len(items) if isinstance(items, Sized) else None
    if sys.stderr is not None and sys.stderr.isatty():
        yield from tqdm(items, desc=what, total=total, leave=False)
        return
    last = time.monotonic()
    for number, item in enumerate(items):
        if time.monotonic() - last >= EVERY_S:
            last = time.monotonic()
            logger.info("%d%s %s", number, "" if total is None else f" of {total}", what)
        yield item
