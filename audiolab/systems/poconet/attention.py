"""Attention along time: each frame takes from others what its query finds in their keys."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class TimeAttention(nn.Module):
    """Scaled dot-product attention over the frames of maps (B, C, F, T), added to them.

    A 1 × 1 convolution makes few channels of a frame's many: one for the key, one for the query, which linear maps
    over all bins bring to ``dim`` numbers, and ``passed`` for the value, which keeps its bins. Another 1 × 1
    convolution brings what was found back to C channels.

    Args:
        channels: C.
        bins: F.
        passed: Channels of the value.
        dim: Numbers of a key and of a query.
        causal: A frame finds nothing in later ones.
    """

    def __init__(self, channels: int, bins: int, passed: int, dim: int, causal: bool) -> None:
        super().__init__()
        self.causal = causal
        self.reduce = nn.Conv2d(channels, 2 + passed, 1)
        self.query = nn.Linear(bins, dim)
        self.key = nn.Linear(bins, dim)
        self.expand = nn.Conv2d(passed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps with what their frames found in others, (B, C, F, T)."""
        few = self.reduce(x)
        query, key = self.query(few[:, 0].mT), self.key(few[:, 1].mT)
        scores = query @ key.mT / math.sqrt(query.shape[-1])
        if self.causal:
            later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(later, -math.inf)
        values = few[:, 2:].flatten(1, 2)
        found = values @ scores.softmax(-1).mT
        return x + self.expand(found.unflatten(1, (-1, x.shape[-2])))
