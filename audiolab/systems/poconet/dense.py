"""The DenseNet block: 3 × 3 convolutions of which each sees all maps before it; they look at no later frame."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolab.nn.batch_norm import BatchNorm2d

LAYERS = 3
"""Convolutions of a block."""


class DenseBlock(nn.Module):
    """Three times convolution, batch normalisation, ReLU, of the concatenation of the input and all results so far.

    A 1 × 1 convolution joins input and results.

    Args:
        inputs: Channels of each of the maps that are the input together.
        channels: Of each convolution, and of the result.
        momentum: Of the batch normalisation.

    A convolution of concatenated maps is a sum of convolutions of each. Summed up like this, with what reads the same
    map made at once, no concatenation has to be written down and kept for the backward pass.
    """

    def __init__(self, inputs: Sequence[int], channels: int, momentum: float) -> None:
        super().__init__()
        self.channels = channels
        before = [sum(inputs) + number * channels for number in range(LAYERS + 1)]
        self.convolutions = nn.ModuleList(nn.Conv2d(count, channels, 3, bias=False) for count in before[:-1])
        self.norms = nn.ModuleList(BatchNorm2d(channels, momentum=momentum) for _ in range(LAYERS))
        self.join = nn.Conv2d(before[-1], channels, 1)
        for convolution in self.convolutions:
            nn.init.kaiming_uniform_(convolution.weight, nonlinearity="relu")

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return (B, channels, F, T) of maps (B, C, F, T) whose channels are those of ``inputs``."""
        sums: list[Tensor | None] = [None] * (LAYERS + 1)
        first = 0
        for x in inputs:
            first = self._add(x, first, 0, sums)
        for number, norm in enumerate(self.norms, 1):
            first = self._add(functional.relu(norm(sums[number - 1]), inplace=True), first, number, sums)
        return sums[-1]

    def _add(self, x: Tensor, first: int, number: int, sums: list[Tensor | None]) -> int:
        """Add to the sums what a map, whose first channel is number ``first``, gives from convolution ``number`` on.

        Return the number of the channel behind its last one.
        """
        last = first + x.shape[1]
        parts: list[Tensor] = []
        if number < LAYERS:
            weight = torch.cat([layer.weight[:, first:last] for layer in self.convolutions[number:]])
            # two frames more before and behind: the first see what was before all, the last two are cut off
            wide = functional.conv2d(x, weight, padding=(1, 2))[..., : x.shape[-1]]
            parts.extend(wide.split(self.channels, dim=1))
        parts.append(functional.conv2d(x, self.join.weight[:, first:last], None if first else self.join.bias))
        for place, part in enumerate(parts, number):
            sums[place] = part if sums[place] is None else sums[place] + part
        return last
