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
    """Three times convolution, batch normalisation, ReLU, each of the concatenation of the input and all results so far.

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

    def forward(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return (B, channels, F, T) of maps (B, C, F, T) whose channels are those of ``inputs``."""
        parts: list[list[Tensor]] = [[] for _ in range(LAYERS)]
        joined, first = self.join.bias[:, None, None], 0
        maps, number = list(inputs), 0
        while maps:
            x = maps.pop(0)
            last = first + x.shape[1]
            joined = joined + functional.conv2d(x, self.join.weight[:, first:last])
            for later, part in enumerate(self._convolved(x, first, number), number):
                parts[later].append(part)
            if not maps and number < LAYERS:
                maps.append(functional.relu(self.norms[number](sum(parts[number][1:], parts[number][0])), inplace=True))
                number += 1
            first = last
        return joined

    def _convolved(self, x: Tensor, first: int, number: int) -> Sequence[Tensor]:
        """Return what a map, whose first channel is number ``first``, adds to convolution ``number`` and those after."""
        if number == LAYERS:
            return ()
        weights = [layer.weight[:, first : first + x.shape[1]] for layer in self.convolutions[number:]]
        # two frames more before and behind: the first of the result see what was before them, the last two are cut off
        wide = functional.conv2d(x, torch.cat(weights), padding=(1, 2))
        return wide[..., : x.shape[-1]].split(self.channels, dim=1)
