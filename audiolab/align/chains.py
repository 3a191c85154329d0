"""Utterances as chains of states, several side by side: what an aligner's recursions run over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

SILENCE = 0
"""The model of silence, at the ends of an utterance and in pauses."""


@dataclass(frozen=True)
class Units:
    """What is said in an utterance, in order.

    Attributes:
        models: Of each unit, int64 [N]; `SILENCE` for silence and pauses.
        optional: Whether it may be left out, bool [N]: pauses only; neither the ends nor two in a row.
        symbols: Of each unit, as they stand in the table ``phones``; ``pau`` for what is optional.
    """

    models: np.ndarray
    optional: np.ndarray
    symbols: tuple[str, ...]

    def without_options(self) -> Units:
        """Return the units that must be there."""
        held = ~self.optional
        return Units(self.models[held], self.optional[held], tuple(np.array(self.symbols, object)[held]))


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
        """Return of each place in an utterance's chain its state, its unit, and how many of the unit's lie before it."""
        counts = self.counts(units.models)
        unit = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(unit)) - (np.cumsum(counts) - counts)[unit]
        return self.first(units.models)[unit] + within, unit, within


@dataclass(frozen=True)
class Chains:
    """A batch of B utterances, each a chain of up to S places; float64, logarithms, −inf where there is no way.

    Attributes:
        states: State of each place, int64 [B, S].
        stay: From a place to itself, [B, S].
        step: To a place from the one before, [B, S].
        skip: To a place from the one ``reach`` before it, [B, S].
        leave: Out of the last place, [B].
        last: The last place, int64 [B].
        frames: Frames of each utterance, int64 [B].
        reach: How far a skip goes, one place more than a pause has.
    """

    states: Tensor
    stay: Tensor
    step: Tensor
    skip: Tensor
    leave: Tensor
    last: Tensor
    frames: Tensor
    reach: int


def make_chains(
    utterances: Sequence[Units], frames: Sequence[int], layout: Layout, stay: np.ndarray, pause: float
) -> Chains:
    """Return the chains of a batch.

    Args:
        utterances: What is said in each.
        frames: How long each is.
        layout: The models' states.
        stay: Probability that a state is followed by itself, [states].
        pause: Probability that an optional pause is made.
    """
    parts = [_chain(units, layout, stay, pause) for units in utterances]
    longest = max(len(part[0]) for part in parts)
    columns = [
        torch.from_numpy(np.stack([np.pad(each, (0, longest - len(each)), constant_values=fill) for each in column]))
        for column, fill in zip(zip(*parts), (0, -np.inf, -np.inf, -np.inf))
    ]
    last = torch.tensor([len(part[0]) - 1 for part in parts])
    ends = columns[0].gather(1, last[:, None])[:, 0].numpy()
    leave = torch.from_numpy(np.log1p(-stay[ends]))
    return Chains(*columns, leave, last, torch.tensor(frames), layout.silence + 1)


def _chain(
    units: Units, layout: Layout, stay: np.ndarray, pause: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    states, unit, within = layout.expand(units)
    leave = np.log1p(-stay[states])
    begins = within == 0
    behind = begins & np.roll(units.optional, 1)[unit]  # a unit that may follow the one before the pause
    step = np.concatenate([[-np.inf], leave[:-1]])
    step[begins & units.optional[unit]] += np.log(pause)
    skip = np.full(len(states), -np.inf)
    places = np.flatnonzero(behind)
    skip[places] = leave[places - 1 - layout.silence] + np.log1p(-pause)
    return states, np.log(stay[states]), step, skip
