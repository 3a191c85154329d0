"""Forward-backward and Viterbi over a batch of chains: all utterances and places at once, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from audiolab.align.chains import Chains


@dataclass(frozen=True)
class Posteriors:
    """What forward-backward finds.

    Attributes:
        places: Probability that a frame is in a place, float64 [T, B, S]; 0 behind an utterance's end.
        skipped: Probability that the pause before a place is left out, [B, S]; 0 where there is none.
        likelihood: Logarithm of each utterance's likelihood, over all paths, [B].
    """

    places: Tensor
    skipped: Tensor
    likelihood: Tensor


def forward_backward(chains: Chains, emissions: Tensor) -> Posteriors:
    """Return the posteriors of a batch.

    Args:
        chains: The batch.
        emissions: Log-likelihood of each frame in each place, float64 [T, B, S], T that of the longest utterance.
    """
    alpha, beta = _forward(chains, emissions), _backward(chains, emissions)
    batch, jumps = torch.arange(len(chains.last)), chains.skip.isfinite().any(0).nonzero()[:, 0]
    likelihood = alpha[chains.frames - 1, batch, chains.last] + chains.leave
    came = alpha[:-1, :, jumps - chains.reach] + chains.skip[:, jumps] + (emissions[1:] + beta[1:])[:, :, jumps]
    skipped = torch.zeros_like(chains.skip)
    skipped[:, jumps] = (came - likelihood[:, None]).exp().sum(0)
    return Posteriors(beta.add_(alpha).sub_(likelihood[:, None]).exp_(), skipped, likelihood)


def _padded(chains: Chains, frames: int) -> Tensor:
    """Return logarithms of 0, [T, B, reach + S]: the places stand behind ``reach`` that are never reached."""
    return torch.full((frames, len(chains.last), chains.reach + chains.states.shape[1]), -torch.inf).double()


def _forward(chains: Chains, emissions: Tensor) -> Tensor:
    """Return log P(frames up to t, place at t), [T, B, S]."""
    reach = chains.reach
    alpha = _padded(chains, len(emissions))
    alpha[0, :, reach] = emissions[0, :, 0]
    for before, here, emission in zip(alpha, alpha[1:], emissions[1:]):
        came = torch.logaddexp(before[:, reach:] + chains.stay, before[:, reach - 1 : -1] + chains.step)
        came = torch.logaddexp(came, before[:, :-reach] + chains.skip)
        torch.add(came, emission, out=here[:, reach:])
    return alpha[..., reach:]


def _backward(chains: Chains, emissions: Tensor) -> Tensor:
    """Return log P(frames behind t | place at t), [T, B, S]; that of 0 where t lies behind an utterance's end."""
    reach, size = chains.reach, chains.states.shape[1]
    end = torch.full_like(chains.stay, -torch.inf)
    end[torch.arange(len(end)), chains.last] = chains.leave
    beyond = torch.full((len(end), reach), -torch.inf).double()
    step, skip = (torch.cat([each, beyond], 1) for each in (chains.step, chains.skip))
    ahead = torch.cat([end, beyond], 1)
    beta = torch.full_like(emissions, -torch.inf)
    lasts = set((chains.frames - 1).tolist())
    for t in range(len(emissions) - 1, -1, -1):
        if t + 1 < len(emissions):
            torch.add(beta[t + 1], emissions[t + 1], out=ahead[:, :size])
            goes = torch.logaddexp(ahead[:, :size] + chains.stay, (ahead + step)[:, 1 : size + 1])
            torch.logaddexp(goes, (ahead + skip)[:, reach:], out=beta[t])
        if t in lasts:
            beta[t] = torch.where((chains.frames - 1 == t)[:, None], end, beta[t])
    return beta


def viterbi(chains: Chains, emissions: Tensor) -> tuple[Tensor, Tensor]:
    """Return the best path's places, int64 [T, B], the last one behind an utterance's end, and its log-likelihood [B].

    Where several ways are equally good, one stays rather than steps, and steps rather than skips.

    Args:
        chains: The batch.
        emissions: As of `forward_backward`.
    """
    reach = chains.reach
    best = _padded(chains, 1)[0]
    best[:, reach] = emissions[0, :, 0]
    came = torch.zeros(emissions.shape, dtype=torch.int8)
    scores = torch.empty_like(emissions)
    scores[0] = best[:, reach:]
    for t in range(1, len(emissions)):
        stay, step, skip = (
            best[:, reach:] + chains.stay,
            best[:, reach - 1 : -1] + chains.step,
            best[:, :-reach] + chains.skip,
        )
        chosen = stay
        for number, other in ((1, step), (reach, skip)):
            better = other > chosen
            came[t][better] = number
            chosen = torch.where(better, other, chosen)
        torch.add(chosen, emissions[t], out=best[:, reach:])
        scores[t] = best[:, reach:]
    batch = torch.arange(len(chains.last))
    place = chains.last.clone()
    path = torch.empty(emissions.shape[:2], dtype=torch.int64)
    for t in range(len(emissions) - 1, -1, -1):
        path[t] = place
        inside = t < chains.frames  # an utterance that has ended waits in its last place
        place = torch.where(inside, place - came[t, batch, place], place)
    return path, scores[chains.frames - 1, batch, chains.last] + chains.leave
