"""What is a language's own, its code, and what is a speaker's own, the recurrent output layer."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from audiolab.nn.linear_recurrence import linear_recurrence, spectral_radius
from audiolab.systems.mlms.config import MLMSConfig


def make_codes(config: MLMSConfig) -> nn.ParameterList:
    """Return the languages' codes, a parameter [L] each, so that one is stepped without the others."""
    count = len(config.languages) if config.bases else 0
    codes = nn.ParameterList(nn.Parameter(torch.randn(config.bases) / math.sqrt(config.bases)) for _ in range(count))
    if config.codes == "onehot":
        for code, row in zip(codes, torch.eye(config.bases)):
            code.data.copy_(row)
    return codes.requires_grad_("codes" in config.learns)


class Head(nn.Module):
    """A speaker's output layer, y_t = W h_t + R y_(t−1) + b; it begins as Merlin's, with R = 0."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / math.sqrt(inputs))
        self.recurrent = nn.Parameter(torch.zeros(outputs, outputs))
        self.bias = nn.Parameter(torch.zeros(outputs))


class Heads(nn.ModuleList):
    """The output layers of all speakers."""

    def __init__(self, config: MLMSConfig) -> None:
        super().__init__(Head(config.projection, config.outputs) for _ in config.speakers)
        self.requires_grad_("heads" in config.learns)

    def forward(self, hidden: Tensor, speakers: Sequence[int], start: Tensor) -> Tensor:
        """Return outputs [B, T, W], each item by its speaker's layer; its own outputs are fed back.

        Args:
            hidden: What the towers give, [B, T, projection].
            speakers: Whose layer each item takes.
            start: The outputs before the first frame, [B, W].
        """
        weight, recurrent, bias = (
            torch.stack([getattr(self[speaker], name) for speaker in speakers])
            for name in ("weight", "recurrent", "bias")
        )
        return linear_recurrence(torch.baddbmm(bias[:, None], hidden, weight.mT), recurrent, start)

    def radius(self) -> float:
        """Return the largest absolute eigenvalue of any R; at 1 or more, outputs can grow without end."""
        return max(spectral_radius(head.recurrent) for head in self)
