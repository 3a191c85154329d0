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
    alpha = _forward(chains, emissions)
    ends = alpha[chains.frames - 1, torch.arange(len(chains.last)), chains.last]
    likelihood = ends + chains.leave
    beta, skipped = _backward(chains, emissions, alpha, likelihood)
    return Posteriors(beta, skipped, likelihood)


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


def _backward(chains: Chains, emissions: Tensor, alpha: Tensor, likelihood: Tensor) -> tuple[Tensor, Tensor]:
    """Return the posteriors of places, [T, B, S], and of skips, [B, S]."""
    batch, reach = torch.arange(len(chains.last)), chains.reach
    ends = torch.full_like(chains.stay, -torch.inf)
    ends[batch, chains.last] = chains.leave
    ahead = torch.full((len(batch), chains.states.shape[1] + reach), -torch.inf).double()
    step, skip = (torch.nn.functional.pad(each, (0, reach), value=-torch.inf) for each in (chains.step, chains.skip))
    places = torch.zeros_like(alpha)
    skipped = torch.zeros_like(chains.skip)
    size = chains.states.shape[1]
    jumps = chains.skip.isfinite().any(0).nonzero()[:, 0]
    beta = torch.full_like(ends, -torch.inf)
    for t in range(len(emissions) - 1, -1, -1):
        if t + 1 < len(emissions):
            ahead[:, :size] = beta + emissions[t + 1]
            beta = torch.logaddexp(ahead[:, :size] + chains.stay, ahead[:, 1 : size + 1] + step[:, 1 : size + 1])
            beta = torch.logaddexp(beta, ahead[:, reach : size + reach] + skip[:, reach : size + reach])
            if len(jumps):
                came = alpha[t][:, jumps - reach] + chains.skip[:, jumps] + ahead[:, jumps]
                skipped[:, jumps] += (came - likelihood[:, None]).exp()
        beta = torch.where((chains.frames - 1 == t)[:, None], ends, beta)
        torch.exp(alpha[t] + beta - likelihood[:, None], out=places[t])
    return places, skipped


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
