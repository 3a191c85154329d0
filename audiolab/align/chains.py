"""Utterances as chains of states, several side by side: what an aligner's recursions run over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolab.align.layout import Layout, Units


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
