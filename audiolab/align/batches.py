"""Batches of utterances of like length, of bounded size, and their shares for processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from audiolab.align.chains import Chains, make_chains
from audiolab.align.layout import Units
from audiolab.align.model import Model
from audiolab.align.speech import SHARES, Speech

CELLS = 2_000_000
"""Frames times places of a batch, unless one utterance has more: each takes some 50 bytes."""


@dataclass(frozen=True)
class Batch:
    """Some utterances.

    Attributes:
        numbers: Their places in a `Speech`.
        units: What is said in each.
    """

    numbers: tuple[int, ...]
    units: tuple[Units, ...]


def make_shares(speech: Speech, units: Sequence[Units], model: Model) -> list[list[Batch]]:
    """Return all utterances in batches, in shares of like size; a batch is of one language."""
    places = np.array([model.layout.counts(each.models).sum() for each in units])
    order = sorted(range(len(units)), key=lambda n: (speech.languages[n], int(speech.frames[n]), n))
    batches: list[list[int]] = []
    for number in order:
        here = batches[-1] if batches else []
        together = [*here, number]
        cells = len(together) * int(speech.frames[together].max()) * int(places[together].max())
        if here and cells <= CELLS and speech.languages[here[0]] == speech.languages[number]:
            here.append(number)
        else:
            batches.append([number])
    made = [Batch(tuple(each), tuple(units[n] for n in each)) for each in batches]
    return [made[first::SHARES] for first in range(min(SHARES, len(made)))]


@dataclass(frozen=True)
class Emissions:
    """A batch as a model sees it.

    Attributes:
        chains: Its chains.
        cepstra: float64 [T, B, D].
        active: The states that it has, int64 [A].
        place: Of each place in a chain its place in ``active``, [B, S].
        values: Log-likelihood of each frame in each place, float64 [T, B, S].
    """

    chains: Chains
    cepstra: Tensor
    active: Tensor
    place: Tensor
    values: Tensor


def emissions(model: Model, speech: Speech, batch: Batch) -> Emissions:
    """Return the emissions of a batch."""
    frames = speech.frames[list(batch.numbers)].tolist()
    chains = make_chains(batch.units, frames, model.layout, model.stay, model.pause)
    cepstra = speech.read(batch.numbers)
    active, place = chains.states.unique(return_inverse=True)
    found = model.mixtures.of_states(active).log_likelihood(cepstra.flatten(0, 1)).unflatten(0, cepstra.shape[:2])
    values = found.gather(2, place.expand(len(cepstra), -1, -1))
    return Emissions(chains, cepstra, active, place, values)
