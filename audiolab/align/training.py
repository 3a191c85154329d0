"""Training from a flat start: all phones begin with a uniform segmentation, and Baum-Welch goes on from there."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from audiolab import work
from audiolab.align.batches import Batch, emissions, make_shares
from audiolab.align.config import AlignConfig
from audiolab.align.inventory import Inventory
from audiolab.align.layout import Units
from audiolab.align.mixtures import Mixtures
from audiolab.align.model import Model
from audiolab.align.recursions import forward_backward
from audiolab.align.speech import Speech, checked

logger = logging.getLogger(__name__)

_STAY = 0.8
"""Of a state, at first: it lasts five frames."""

_SAMPLED = 500
"""Utterances, at most, of which it is found out what is silence."""

_PAUSE = 0.2
"""Of a pause between words, at first."""


@dataclass
class Statistics:
    """Sums over utterances; float64.

    Attributes:
        moments: Of each Gaussian, as of `Mixtures.statistics`, [U, M, 1 + 2 D].
        visits: How often each state is entered, [U].
        pauses: Pauses that were made where one may be, and how many there may be.
        likelihood: Logarithm of the likelihood.
        frames: How many there are.
    """

    moments: Tensor
    visits: Tensor
    pauses: Tensor
    likelihood: float = 0.0
    frames: int = 0

    @classmethod
    def none(cls, mixtures: Mixtures) -> Statistics:
        """Return those of no utterance."""
        states, gaussians, width = mixtures.means.shape
        zeros = (
            torch.zeros(*shape, dtype=torch.float64) for shape in ((states, gaussians, 1 + 2 * width), (states,), (2,))
        )
        return cls(*zeros)

    def add(self, other: Statistics) -> None:
        """Add those of other utterances."""
        self.moments += other.moments
        self.visits += other.visits
        self.pauses += other.pauses
        self.likelihood += other.likelihood
        self.frames += other.frames


def train(speech: Speech, units: Sequence[Units], inventory: Inventory, config: AlignConfig) -> Model:
    """Return a model of utterances; `audiolab.work.processes` says in how many processes it is trained.

    Args:
        speech: The utterances.
        units: What is said in each, of ``inventory``'s models.
        inventory: The models.
        config: How they are trained.
    """
    model = _blank(inventory, config)
    shares = make_shares(speech, units, model)
    flat = _over(shares, functools.partial(_uniform, level=quiet_level(speech)), model)
    floor = config.training.variance_floor * _variance(flat.moments)
    model = replace(model, mixtures=model.mixtures.reestimated(flat.moments, floor))
    gaussians, passes = 1, config.training.first_passes
    while True:
        for number in range(passes):
            what = f"{gaussians} Gaussian{'s' if gaussians > 1 else ''} a state, pass {number + 1}"
            model, counts = _pass(model, shares, floor, what)
        if 2 * gaussians > config.training.mixtures:
            return model
        gaussians, passes = 2 * gaussians, config.training.passes
        model = replace(model, mixtures=model.mixtures.split(counts, config.training.least_frames))


def _blank(inventory: Inventory, config: AlignConfig) -> Model:
    """Return a model whose mixtures are to be estimated."""
    states = Model(config, inventory, None, None, 0.0).layout.states(len(inventory.phones) + 1)
    width = config.features.width
    ones = torch.ones(states, 1, width, dtype=torch.float64)
    mixtures = Mixtures(ones[..., 0].clone(), torch.zeros_like(ones), ones)
    return Model(config, inventory, mixtures, np.full(states, _STAY), _PAUSE)


def _variance(moments: Tensor) -> Tensor:
    """Return the variance of all frames, [D]."""
    count, first, second = moments.sum((0, 1)).split([1, *2 * (moments.shape[-1] // 2,)])
    return second / count - (first / count).square()


def _pass(model: Model, shares: Sequence[Sequence[Batch]], floor: Tensor, what: str) -> tuple[Model, Tensor]:
    """Return the model after a pass of Baum-Welch, and the frames of each Gaussian, [U, M]."""
    found = _over(shares, _baum_welch, model)
    logger.info("%s: log-likelihood %.3f a frame", what, found.likelihood / found.frames)
    counts = found.moments[..., 0]
    lasted = counts.sum(1).clamp_min(1e-3)
    stay = torch.where(found.visits > 1e-3, 1 - found.visits / lasted, torch.from_numpy(model.stay)).clamp(0.01, 0.9999)
    made, possible = found.pauses.tolist()
    pause = min(max(made / possible, 1e-3), 1 - 1e-3) if possible else model.pause
    mixtures = model.mixtures.reestimated(found.moments, floor)
    return replace(model, mixtures=mixtures, stay=stay.numpy(), pause=pause), counts


def _over(shares: Sequence[Sequence[Batch]], accumulate: Callable, model: Model) -> Statistics:
    """Return the statistics of all shares, summed in their order."""
    total = Statistics.none(model.mixtures)
    for found in checked(work.each(_of_share, shares, accumulate, model)):
        total.add(found)
    return total


def _of_share(share: Sequence[Batch], accumulate: Callable, model: Model) -> Statistics:
    torch.set_num_threads(1)
    total = Statistics.none(model.mixtures)
    for batch in share:
        accumulate(total, model, batch)
    return total


def quiet_level(speech: Speech) -> float:
    """Return the normalised c0 below which a frame is taken for silence at first: the lower one of two means.

    They are those of two clusters (Lloyd's algorithm), of up to `_SAMPLED` utterances.
    """
    numbers = np.unique(np.linspace(0, len(speech.utterances) - 1, _SAMPLED).round().astype(int))
    levels = np.concatenate([speech.cepstra[speech.utterances[n]][:, 0] - speech.means[n, 0] for n in numbers])
    low, high = np.percentile(levels.astype(np.float64), [5, 95])
    for _ in range(20):
        lower = levels <= (low + high) / 2
        if lower.all() or not lower.any():
            break
        low, high = levels[lower].mean(), levels[~lower].mean()
    return float(low)


def _uniform(total: Statistics, model: Model, batch: Batch, level: float) -> None:
    """Add the statistics of a segmentation in which all phones' states of an utterance last equally long.

    Frames with a c0 below ``level`` belong to silence, and have no part in that.
    """
    cepstra = batch.read(model.config.features)
    for place, (frames, units) in enumerate(zip(batch.frames, batch.units)):
        states, seen = model.layout.expand(units)[0], cepstra[:frames, place]
        states = states[states >= model.layout.silence]
        quiet = seen[:, 0].numpy() < level
        loud = np.cumsum(~quiet)
        at = np.where(quiet, np.arange(len(seen)) % model.layout.silence, 0)
        at[~quiet] = states[(loud[~quiet] - 1) * len(states) // max(loud[-1], 1)]
        ones = torch.ones(len(seen), 1, dtype=torch.float64)
        moments = torch.cat([ones, seen, seen.square()], 1)
        total.moments[:, 0].index_add_(0, torch.from_numpy(at), moments)


def _baum_welch(total: Statistics, model: Model, batch: Batch) -> None:
    """Add a batch's expectations over all paths."""
    seen = emissions(model, batch)
    found = forward_backward(seen.chains, seen.values)
    frames = len(seen.cepstra)
    occupancy = torch.zeros(*seen.cepstra.shape[:2], len(seen.active), dtype=torch.float64)
    occupancy.scatter_add_(2, seen.place.expand(frames, -1, -1), found.places)
    mixtures = model.mixtures.of_states(seen.active)
    total.moments[seen.active] += mixtures.statistics(seen.cepstra.flatten(0, 1), occupancy.flatten(0, 1))
    visits = (torch.arange(seen.place.shape[1]) <= seen.chains.last[:, None]).double()
    for back in range(1, seen.chains.reach):  # the places of a pause that was left out
        visits[:, :-back] -= found.skipped[:, back:]
    total.visits.index_add_(0, seen.chains.states.flatten(), visits.flatten())
    possible = seen.chains.skip.isfinite().sum()
    total.pauses += torch.stack([possible - found.skipped.sum(), possible])
    total.likelihood += float(found.likelihood.sum())
    total.frames += int(seen.chains.frames.sum())
