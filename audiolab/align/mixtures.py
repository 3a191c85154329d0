"""Mixtures of Gaussians with diagonal covariances, one mixture a state, and their re-estimation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

_LEAST = 1e-8
"""Probability of a state below which a frame does not count for it."""

_BLOCK = 2048
"""Frames whose likelihoods in all Gaussians are in memory at a time."""

_SPREAD = 0.2
"""How far the halves of a Gaussian that is split lie from its mean, in standard deviations."""


@dataclass(frozen=True)
class Mixtures:
    """U states of M Gaussians each, float64.

    Attributes:
        weights: [U, M], sum to 1 over M; 0 where a state has fewer than M.
        means: [U, M, D].
        variances: [U, M, D].
    """

    weights: Tensor
    means: Tensor
    variances: Tensor

    def of_states(self, states: Tensor) -> Mixtures:
        """Return the mixtures of some states."""
        return Mixtures(self.weights[states], self.means[states], self.variances[states])

    def components(self, frames: Tensor) -> Tensor:
        """Return the log-likelihood of frames, [N, D], weighted, in each Gaussian: [N, U, M]."""
        precisions = 1 / self.variances
        constant = self.weights.log() - 0.5 * (
            (2 * torch.pi * self.variances).log() + self.means.square() * precisions
        ).sum(-1)
        linear = torch.cat([self.means * precisions, -0.5 * precisions], dim=-1).flatten(0, 1)
        seen = torch.cat([frames, frames.square()], dim=-1)
        return (seen @ linear.T).unflatten(-1, self.weights.shape) + constant

    def log_likelihood(self, frames: Tensor) -> Tensor:
        """Return the log-likelihood of frames, [N, D], in each state: [N, U]."""
        blocks = frames.split(_BLOCK)
        return torch.cat([self.components(block).logsumexp(-1) for block in blocks])

    def statistics(self, frames: Tensor, occupancy: Tensor) -> Tensor:
        """Return what `reestimated` needs of frames: zeroth, first and second moments, [U, M, 1 + 2 D].

        Args:
            frames: [N, D].
            occupancy: Probability of each state at each frame, [N, U].
        """
        width = frames.shape[1]
        found = torch.zeros(*self.weights.shape, 1 + 2 * width, dtype=torch.float64)
        seen = torch.cat([torch.ones(len(frames), 1, dtype=frames.dtype), frames, frames.square()], dim=-1)
        for state in range(len(self.weights)):  # a state is in few of the frames
            there = (occupancy[:, state] > _LEAST).nonzero()[:, 0]
            shares = self.of_states(torch.tensor([state])).components(frames[there])[:, 0].softmax(-1)
            found[state] = (shares * occupancy[there, state, None]).T @ seen[there]
        return found

    def reestimated(self, statistics: Tensor, floor: Tensor) -> Mixtures:
        """Return the mixtures that the statistics of all frames give; a Gaussian without frames loses its weight.

        Args:
            statistics: Sum of what `statistics` gave, [U, M, 1 + 2 D].
            floor: Variances are at least this, [D].
        """
        count, first, second = statistics.split([1, len(floor), len(floor)], dim=-1)
        known = count > 1e-3
        safe = count.clamp_min(1e-3)
        means = torch.where(known, first / safe, self.means)
        variances = torch.where(known, (second / safe - means.square()).maximum(floor), self.variances)
        totals = count.sum(1)
        weights = torch.where(totals > 1e-3, count[..., 0] / totals.clamp_min(1e-3), self.weights)
        return Mixtures(weights, means, variances)

    def split(self, counts: Tensor, least: float) -> Mixtures:
        """Return mixtures of up to twice as many Gaussians: each is split that has enough frames.

        Args:
            counts: Frames of each Gaussian, [U, M].
            least: Frames that each of its halves has at least.
        """
        halved = counts >= 2 * least
        offset = _SPREAD * self.variances.sqrt()
        low = replace(
            self,
            weights=torch.where(halved, self.weights / 2, self.weights),
            means=torch.where(halved[..., None], self.means - offset, self.means),
        )
        high = torch.where(halved, self.weights / 2, 0)
        return Mixtures(
            torch.cat([low.weights, high], 1),
            torch.cat([low.means, self.means + offset], 1),
            torch.cat([self.variances, self.variances], 1),
        )
