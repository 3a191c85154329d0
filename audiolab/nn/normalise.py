"""Zero mean and unit variance, by statistics that travel with the weights."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

CONSTANT = 1e-4
"""A standard deviation up to which a column is constant: it is not divided by that, but by 1."""


class Normalise(nn.Module):
    """Normalisation of the last axis' columns.

    Attributes:
        mean: [D]; 0 until there are statistics.
        std: [D]; 1 until there are.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Return (x − mean) / std, [..., D]."""
        return (x - self.mean) / self.std

    def back(self, x: Tensor) -> Tensor:
        """Return what `forward` gave as it was, [..., D]."""
        return x * self.std + self.mean

    def take(self, mean: np.ndarray, std: np.ndarray) -> Tensor:
        """Take mean and standard deviation, [D] each; return which columns are constant, bool [D]."""
        constant = torch.from_numpy(std <= CONSTANT)
        self.mean.copy_(torch.from_numpy(mean))
        self.std.copy_(torch.from_numpy(std).masked_fill(constant, 1))
        return constant
