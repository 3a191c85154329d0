"""SoftGAN's generator and discriminator (§4.1).

The paper writes of a discriminator with "filter size 2, kernel size 2"; it is read as kernel 2 and stride 2, as in
DCGAN (stride 1 would give its fully connected layer 900 million weights). A convolution that instance normalisation
follows has no bias, which it would take away again: the bias would have a gradient of rounding errors alone, and Adam
would let it drift.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from audiolab.systems.softgan.config import DiscriminatorConfig, GeneratorConfig

BOTTLENECK_KERNEL = 3


class Generator(nn.Module):
    """Envelopes of one speaker to envelopes of another: (batch, 1, bands, frames) to the same shape.

    With kernel 2 and stride 2 the patches of ``multiple`` × ``multiple`` bands and frames do not overlap, so there
    are no checkerboards; bands and frames must be multiples of it.

    Args:
        config: Filters, kernel, bottleneck.
        gain: Factor on the output, the scale of the features: the instance normalisation of the first layer takes it
            away from the input, so without it the last layer would have to grow by it.
    """

    def __init__(self, config: GeneratorConfig, gain: float = 1.0) -> None:
        super().__init__()
        self.gain = gain
        self.multiple = 2 ** len(config.channels)
        padding = (config.kernel - 1) // 2
        sizes = [1, *config.channels]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers.append(nn.Conv2d(before, after, config.kernel, 2, padding, bias=False))
            layers += _norm_relu(after, config.affine)
        if config.bottleneck:
            for kind in (nn.Conv2d, nn.ConvTranspose2d):
                layers.append(kind(sizes[-1], sizes[-1], BOTTLENECK_KERNEL, 1, 1, bias=False))
                layers += _norm_relu(sizes[-1], config.affine)
        for before, after in zip(sizes[:0:-1], sizes[-2::-1]):
            extra = 2 * padding + 2 - config.kernel
            bias = after == 1 and config.output != "literal"
            layers.append(nn.ConvTranspose2d(before, after, config.kernel, 2, padding, extra, bias=bias))
            if after > 1:
                layers += _norm_relu(after, config.affine)
        layers += {
            "linear": [],
            "relu": [nn.ReLU()],
            "sigmoid": [nn.Sigmoid()],
            "literal": _norm_relu(1, config.affine),
        }[config.output]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Convert normalised envelopes, (batch, 1, bands, frames)."""
        return self.layers(x).to(x.dtype) * self.gain  # losses are taken in full precision under autocast


class Discriminator(nn.Module):
    """Score of a crop, (batch, 1, bands, frames) to (batch,): towards 1 for real speech of the target speaker."""

    def __init__(self, config: DiscriminatorConfig, bands: int, frames: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for after in config.channels:
            layers += [nn.Conv2d(before, after, 2, 2, bias=False), nn.InstanceNorm2d(after), nn.LeakyReLU(config.slope)]
            before = after
        shrink = 2 ** len(config.channels)
        flat = before * math.prod((bands // shrink, frames // shrink))
        layers += [nn.Flatten(), nn.Linear(flat, config.hidden)]
        if config.hidden_norm == "layer":
            layers.append(nn.LayerNorm(config.hidden))
        layers += [nn.LeakyReLU(config.slope), nn.Linear(config.hidden, 1)]
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return the linear score of each crop."""
        return self.layers(x).to(x.dtype).squeeze(1)


def _norm_relu(channels: int, affine: bool) -> list[nn.Module]:
    return [nn.InstanceNorm2d(channels, affine=affine), nn.ReLU()]
