"""How far the boundaries of an alignment lie from those of another one of the same phones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from audiolab.datadir.ctm import Segment
from audiolab.errors import AudiolabError

SILENCES = ("", "#", "<eps>", "SIL", "pau", "sil", "sp", "spn")
"""What is no phone, where nothing else is said."""

_NEAR_S = 0.0015
"""What lies less apart is no pause: times of files are rounded."""

WITHIN_MS = (10, 20, 50)


@dataclass
class Boundaries:
    """Of one or more utterances.

    Attributes:
        errors: Time of each boundary minus its true time, ms.
        pauses: Pauses between phones that both have.
        missed: Those that the truth has alone.
        added: Those that the alignment has alone.
    """

    errors: list[float] = field(default_factory=list)
    pauses: int = 0
    missed: int = 0
    added: int = 0

    def __iadd__(self, other: Boundaries) -> Boundaries:
        self.errors += other.errors
        self.pauses += other.pauses
        self.missed += other.missed
        self.added += other.added
        return self

    def summary(self) -> dict[str, float]:
        """Return their number, medians and means in ms, shares in per cent and counts of pauses, by name."""
        errors = np.array(self.errors)
        sizes = np.abs(errors)
        shares = {f"within_{limit}": 100 * float((sizes <= limit).mean()) for limit in WITHIN_MS}
        return {
            "boundaries": len(errors),
            "median": float(np.median(sizes)),
            "mean": float(sizes.mean()),
            "bias": float(np.median(errors)),
            **shares,
            "pauses": self.pauses,
            "missed": self.missed,
            "added": self.added,
        }


def compare(
    found: Sequence[Segment],
    true: Sequence[Segment],
    where: str,
    silences: Collection[str] = SILENCES,
    names: Mapping[str, str] | None = None,
) -> Boundaries:
    """Return how an utterance's alignment goes with the true one.

    The boundaries are where a phone begins, and where one ends behind which either alignment has silence.

    Args:
        found: The alignment.
        true: The truth.
        where: Utterance, for messages.
        silences: Symbols of what is no phone in either.
        names: Symbols of the truth -> what the alignment calls them, where that is something else.

    Raises:
        AudiolabError: They are not of the same phones, or there is none.
    """
    names = names or {}
    phones = [each for each in found if each.symbol not in silences]
    others = [each._replace(symbol=names.get(each.symbol, each.symbol)) for each in true if each.symbol not in silences]
    for number, (phone, other) in enumerate(zip(phones, others), 1):
        if phone.symbol != other.symbol:
            raise AudiolabError(
                f"{where}: phone {number} is '{phone.symbol}', and '{other.symbol}' in the truth; align what the truth "
                "has, or give a --map"
            )
    if len(phones) != len(others) or not phones:
        raise AudiolabError(f"{where}: {len(phones)} phones, and {len(others)} in the truth; align what the truth has")
    starts, ends = (np.array([[p[at], o[at]] for p, o in zip(phones, others)]) for at in (0, 1))
    paused = np.vstack([starts[1:] > ends[:-1] + _NEAR_S, [True, True]]).T  # [found or true, phone]
    errors = 1000 * np.concatenate([-np.diff(starts)[:, 0], -np.diff(ends)[paused.any(0), 0]])
    made, there = paused[:, :-1]
    return Boundaries(
        errors.tolist(), int((made & there).sum()), int((there & ~made).sum()), int((made & ~there).sum())
    )
