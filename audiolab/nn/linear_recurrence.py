"""A linear recurrence over time without a loop over frames."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def linear_recurrence(inputs: Tensor, matrices: Tensor, start: Tensor) -> Tensor:
    """Return y_t = u_t + R y_(t−1) for t = 1 … T, in log₂ T products.

    After k of them, each y_t has in it what the 2^k frames up to it gave: y_t ← y_t + R^(2^k) y_(t−2^k).

    Args:
        inputs: u, [B, T, D], T ≥ 1.
        matrices: R of each item, [B, D, D].
        start: y_0, [B, D].
    """
    first = inputs[:, :1] + (matrices @ start[..., None]).mT
    found = torch.cat([first, inputs[:, 1:]], dim=1)
    power, reach, frames = matrices, 1, inputs.shape[1]
    while reach < frames:
        found = found + functional.pad(found[:, :-reach] @ power.mT, (0, 0, reach, 0))
        reach *= 2
        power = power @ power if reach < frames else power
    return found


def spectral_radius(matrix: Tensor) -> float:
    """Return the largest absolute eigenvalue of a matrix [D, D]; below 1, what is fed back dies away."""
    return float(torch.linalg.eigvals(matrix.detach().double().cpu()).abs().max())
