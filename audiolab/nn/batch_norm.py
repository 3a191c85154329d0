"""Batch normalisation whose batch is that of all processes together."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from audiolab.nn.across import add_up, shared

_DIMS = (0, 2, 3)


class BatchNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d`, with means over the items of all processes where a training is shared out.

    So two processes with half the batch each learn what one learns, on CPUs too, for which
    `torch.nn.SyncBatchNorm` is not made. A process may hold more items than another, or none. Micro-batches
    (``trainer.accumulate``) are normalised one by one.

    On CPUs one process does the same: torch adds up maps that have the channels last in single precision, one value
    after another, which leaves an error of 1e-3 in the variance of a large batch.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (batch, channels, height, width) by channel."""
        if not self.training or (x.is_cuda and not shared()):
            return super().forward(x)
        wide = x.float() if x.dtype in (torch.bfloat16, torch.float16) else x
        normalised, mean, variance, count = _Normalise.apply(wide, self.weight, self.bias, self.eps)
        if self.track_running_stats:
            self._track(mean, variance, count)
        return normalised.to(x.dtype)

    def _track(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, share)
        self.running_var.lerp_(variance * count / (count - 1).clamp_min(1), share)


class BatchNorm1d(BatchNorm2d):
    """The same over sequences, (batch, channels, length), in place of `torch.nn.BatchNorm1d`."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (batch, channels, length) by channel."""
        return super().forward(x[:, :, None]).squeeze(2)


class _Normalise(torch.autograd.Function):
    """(x − mean) / sqrt(variance + eps) · weight + bias, and the moments of the items of all processes.

    The gradients of weight and bias are those of this process's items, as of any other weight.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        count = x.new_tensor(x.numel() / x.shape[1])
        total = add_up(torch.cat([x.sum(_DIMS), count[None]]))
        count = total[-1]
        mean = total[:-1] / count
        centred = x - mean[:, None, None]
        variance = add_up(centred.square().sum(_DIMS)) / count
        inverse = (variance + eps).rsqrt()
        ctx.save_for_backward(centred, weight, inverse, count)
        ctx.mark_non_differentiable(mean, variance, count)
        return (
            torch.addcmul(bias[:, None, None], centred, (weight * inverse)[:, None, None]), mean, variance, count,
        )  # fmt: skip

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        centred, weight, inverse, count = ctx.saved_tensors
        of_bias = gradient.sum(_DIMS)
        of_weight = (gradient * centred).sum(_DIMS) * inverse
        total = add_up(torch.stack([of_bias, of_weight]))
        scale = weight * inverse
        offset, slope = scale * total[0] / count, scale * inverse * total[1] / count
        of_x = torch.addcmul(-offset[:, None, None], gradient, scale[:, None, None])
        return of_x.addcmul_(centred, -slope[:, None, None]), of_weight, of_bias, None
