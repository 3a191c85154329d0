"""The gradient reversal layer of domain-adversarial training (Ganin et al., JMLR 17, 2016, §4.2)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.factor * gradient, None


def reverse_gradient(x: Tensor, factor: float = 1.0) -> Tensor:
    """Return ``x`` as it is; in the backward pass its gradient is multiplied by ``-factor``."""
    return _Reversal.apply(x, factor)
