"""Which samples each listener of a listening test hears: lists from a Latin square over utterances and systems.

All listeners together are to hear every utterance in every condition equally often, each of them all conditions equally
often, and no utterance twice where there are enough. With U utterances and K conditions that have no common divisor,
the sequence (n mod U, n mod K), n = 0, 1, …, goes through all U K cells before it repeats (Chinese remainder theorem).
Cut into lists of S, each has every condition ⌊S / K⌋ or ⌈S / K⌉ times, and where S ≤ U no utterance twice.
"""

from __future__ import annotations

import math

Cell = tuple[int, int]
"""Numbers of an utterance and of a condition."""


def usable(utterances: int, conditions: int) -> int:
    """Return the largest number of utterances, not above ``utterances``, that gives a square: 0 where it is 0."""
    return next((count for count in range(utterances, 0, -1) if math.gcd(count, conditions) == 1), 0)


def lists(utterances: int, conditions: int, samples: int) -> list[list[Cell]]:
    """Return the lists: as many as it takes until all cells are in equally many of them.

    Args:
        utterances: As `usable` gives it.
        conditions: Their number.
        samples: Of a list, at most ``utterances`` times ``conditions``.
    """
    cells = utterances * conditions
    if math.gcd(utterances, conditions) != 1 or not 1 <= samples <= cells:
        raise ValueError(f"no square of {utterances} utterances and {conditions} conditions in lists of {samples}")
    count = math.lcm(cells, samples) // samples
    return [
        [(number % utterances, number % conditions) for number in range(first * samples, (first + 1) * samples)]
        for first in range(count)
    ]
