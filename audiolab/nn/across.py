"""What looks at the items of all processes together: sums, and embeddings with their gradients.

Micro-batches (``trainer.accumulate``) are not joined: each is by itself.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


def shared() -> bool:
    """Return whether a training is shared out over several processes."""
    return dist.is_initialized() and dist.get_world_size() > 1


def add_up(x: Tensor) -> Tensor:
    """Add up a tensor over processes, in place, without a gradient, and return it."""
    if shared():
        dist.all_reduce(x)
    return x


def gather(x: Tensor) -> Tensor:
    """Return the rows of all processes, [world · B, …], in the order of ranks, for rows [B, …] in each.

    Gradients flow back into the rows of all processes, and the trainer averages them over processes. So two kinds of
    loss have the gradient of one process that holds the whole batch: one over all rows, which every process takes, and
    one of which each process takes the mean over its own items.
    """
    return _Gather.apply(x) if shared() else x


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        rows = [torch.empty_like(x, memory_format=torch.contiguous_format) for _ in range(dist.get_world_size())]
        dist.all_gather(rows, x.contiguous())
        ctx.first, ctx.count = dist.get_rank() * len(x), len(x)
        return torch.cat(rows)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = add_up(gradient.clone(memory_format=torch.contiguous_format))
        return total[ctx.first : ctx.first + ctx.count]
