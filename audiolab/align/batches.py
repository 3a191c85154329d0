"""Batches of utterances of like length, of bounded size, and their shares for processes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolab.align.chains import Chains, make_chains
from audiolab.align.layout import Units
from audiolab.align.model import Model
from audiolab.align.speech import SHARES, Speech
from audiolab.datadir.arkio import MatrixTable
from audiolab.features.mfcc import with_derivatives
from audiolab.features.mfcc_config import MfccConfig

CELLS = 2_000_000
"""Frames times places of a batch, unless one utterance has more: each takes some 50 bytes."""


@dataclass(frozen=True)
class Batch:
    """Some utterances.

    Attributes:
        numbers: Their places in a `Speech`.
        units: What is said in each.
        frames: Of each.
        cepstra: Of each, [T, C], by its id.
        means: Of each what is taken off its cepstra, float32 [B, C].
    """

    numbers: tuple[int, ...]
    units: tuple[Units, ...]
    frames: tuple[int, ...]
    cepstra: MatrixTable
    means: np.ndarray

    def read(self, config: MfccConfig) -> Tensor:
        """Return the normalised cepstra and derivatives, float64 [T of the longest, B, D]; 0 behind an end."""
        found = torch.zeros(max(self.frames), len(self.numbers), config.width, dtype=torch.float64)
        for place, (name, mean) in enumerate(zip(self.cepstra, self.means)):
            cepstra = torch.from_numpy(self.cepstra[name] - mean)
            found[: len(cepstra), place] = with_derivatives(cepstra, config)
        return found


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
    made = [_batch(speech, units, numbers) for numbers in batches]
    return [made[first::SHARES] for first in range(min(SHARES, len(made)))]


def _batch(speech: Speech, units: Sequence[Units], numbers: Sequence[int]) -> Batch:
    entries = MatrixTable({speech.utterances[n]: speech.cepstra.entries[speech.utterances[n]] for n in numbers})
    frames = tuple(speech.frames[numbers].tolist())
    return Batch(tuple(numbers), tuple(units[n] for n in numbers), frames, entries, speech.means[numbers])


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


def emissions(model: Model, batch: Batch) -> Emissions:
    """Return the emissions of a batch."""
    chains = make_chains(batch.units, batch.frames, model.layout, model.stay, model.pause)
    cepstra = batch.read(model.config.features)
    active, place = chains.states.unique(return_inverse=True)
    found = model.mixtures.of_states(active).log_likelihood(cepstra.flatten(0, 1)).unflatten(0, cepstra.shape[:2])
    values = found.gather(2, place.expand(len(cepstra), -1, -1))
    return Emissions(chains, cepstra, active, place, values)
