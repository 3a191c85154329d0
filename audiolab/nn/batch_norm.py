"""Batch normalisation whose batch is that of all processes together."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class BatchNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d`, with means over the items of all processes where a training is shared out.

    So two processes with half the batch each learn what one learns, on CPUs too, for which
    `torch.nn.SyncBatchNorm` is not made. A process may hold more items than another, or none. Micro-batches
    (``trainer.accumulate``) are normalised one by one.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (batch, channels, height, width) by channel."""
        if not self.training or not dist.is_initialized() or dist.get_world_size() == 1:
            return super().forward(x)
        wide = x.float()
        count = wide.new_full((1, x.shape[1]), x.numel() / x.shape[1])
        sums = torch.stack([wide.sum((0, 2, 3)), wide.square().sum((0, 2, 3))])
        *moments, count = _OverProcesses.apply(torch.cat([sums, count]))
        mean, square = (moment / count for moment in moments)
        variance = (square - mean.square()).clamp_min(0)
        self._track(mean.detach(), variance.detach(), count)
        scale = self.weight * (variance + self.eps).rsqrt()
        shift = self.bias - mean * scale
        return (wide * scale[:, None, None] + shift[:, None, None]).to(x.dtype)

    def _track(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * count / (count - 1).clamp_min(1), share)


class _OverProcesses(torch.autograd.Function):
    """The sum over processes; each one's part of it has the sum of all processes' gradients."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        whole = part.clone()
        dist.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        gradient = gradient.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(gradient)
        return gradient
