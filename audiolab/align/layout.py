"""What is said in an utterance as models, and the states of these. Loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SILENCE = 0
"""The model of silence, at the ends of an utterance and in pauses."""


@dataclass(frozen=True)
class Units:
    """What is said in an utterance, in order.

    Attributes:
        models: Of each unit, int32 [N]; `SILENCE` for silence and pauses.
        optional: Whether it may be left out, bool [N]: pauses only; neither the ends nor two in a row.
    """

    models: np.ndarray
    optional: np.ndarray


@dataclass(frozen=True)
class Layout:
    """Which states a model has.

    Attributes:
        silence: Number of the states of silence, which come first.
        phone: Number of the states of each other model.
    """

    silence: int
    phone: int

    def counts(self, models: np.ndarray) -> np.ndarray:
        """Return the number of states of each of some models."""
        return np.where(models == SILENCE, self.silence, self.phone)

    def least_frames(self, units: Units) -> int:
        """Return the number of frames that an utterance has at least."""
        return int(self.counts(units.models)[~units.optional].sum())

    def first(self, models: np.ndarray) -> np.ndarray:
        """Return the first state of each of some models."""
        return np.where(models == SILENCE, 0, self.silence + (models - 1) * self.phone)

    def states(self, models: int) -> int:
        """Return the number of states of ``models`` models, silence among them."""
        return self.silence + (models - 1) * self.phone

    def expand(self, units: Units) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return of each place in an utterance's chain its state, its unit, and its place in the unit, from 0."""
        counts = self.counts(units.models)
        unit = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(unit)) - (np.cumsum(counts) - counts)[unit]
        return self.first(units.models)[unit] + within, unit, within
