"""When to stop: validations that bring nothing better."""

from __future__ import annotations

from typing import Any


class Patience:
    """Counts validations since the best one.

    Args:
        limit: How many in a row without a better score end training; None: no number does.
        mode: Whether a low (``min``) or a high (``max``) score is good.

    Attributes:
        since: Validations since the best one.
    """

    def __init__(self, limit: int | None, mode: str) -> None:
        self.limit, self.sign = limit, 1 if mode == "min" else -1
        self.best: float | None = None
        self.since = 0

    def take(self, score: float) -> None:
        """Count one validation; a score that equals the best one, or is NaN, is no better one."""
        if score == score and (self.best is None or self.sign * score < self.sign * self.best):
            self.best, self.since = score, 0
        else:
            self.since += 1

    @property
    def over(self) -> bool:
        """Whether training ends."""
        return self.limit is not None and self.since >= self.limit

    def state(self) -> dict[str, Any]:
        """Return score and count, for a checkpoint."""
        return {"best": self.best, "since": self.since}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.best, self.since = state["best"], state["since"]
