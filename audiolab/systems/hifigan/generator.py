"""HiFi-GAN's generator: transposed convolutions, and behind each the mean of several residual blocks."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolab.nn.weight_norm import weight_norm
from audiolab.systems.hifigan.config import GeneratorConfig

_EDGE = 7
"""Kernel of the first and the last layer."""

_LAST_SLOPE = 0.01
"""Of LeakyReLU before the last layer."""


class Block(nn.Module):
    """Pairs of convolutions, the first one of each dilated, each pair added to what it is given."""

    def __init__(self, channels: int, kernel: int, dilations: list[int], slope: float) -> None:
        super().__init__()
        self.slope = slope

        def layer(dilation: int) -> nn.Module:
            padding = dilation * (kernel - 1) // 2
            return weight_norm(nn.Conv1d(channels, channels, kernel, dilation=dilation, padding=padding))

        self.dilated = nn.ModuleList(map(layer, dilations))
        self.plain = nn.ModuleList(layer(1) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """Return what has the shape of x, [B, channels, N]."""
        for dilated, plain in zip(self.dilated, self.plain):
            made = dilated(functional.leaky_relu(x, self.slope))
            x = x + plain(functional.leaky_relu(made, self.slope))
        return x


class Generator(nn.Module):
    """From log magnitudes of mel bands to audio.

    Attributes:
        context: Frames on each side of a frame on which its samples depend.
    """

    def __init__(self, config: GeneratorConfig, n_mels: int) -> None:
        super().__init__()
        self.config = config
        widths = [config.channels >> level for level in range(len(config.rates) + 1)]
        self.first = weight_norm(nn.Conv1d(n_mels, widths[0], _EDGE, padding=_EDGE // 2))
        self.up = nn.ModuleList(
            weight_norm(nn.ConvTranspose1d(before, after, kernel, rate, padding=(kernel - rate) // 2))
            for before, after, kernel, rate in zip(widths, widths[1:], config.kernels, config.rates)
        )
        self.blocks = nn.ModuleList(
            nn.ModuleList(Block(width, kernel, config.dilations, config.slope) for kernel in config.block_kernels)
            for width in widths[1:]
        )
        self.last = weight_norm(nn.Conv1d(widths[-1], 1, _EDGE, padding=_EDGE // 2))

    def forward(self, levels: Tensor) -> Tensor:
        """Return audio [B, T · hop] within ±1, which begins half a hop before the first frame's centre.

        Args:
            levels: Natural logarithms of the bands' magnitudes, [B, n_mels, T]: the scale of HiFi-GAN's own mels.
        """
        x = self.first(levels)
        for up, blocks in zip(self.up, self.blocks):
            x = up(functional.leaky_relu(x, self.config.slope))
            x = sum(block(x) for block in blocks) / len(blocks)
        return torch.tanh(self.last(functional.leaky_relu(x, _LAST_SLOPE)))[:, 0]

    @property
    def context(self) -> int:
        config = self.config
        of_blocks = max(
            (kernel - 1) // 2 * sum(each + 1 for each in config.dilations) for kernel in config.block_kernels
        )
        reach = _EDGE // 2
        for kernel, rate in reversed(list(zip(config.kernels, config.rates))):
            padding = (kernel - rate) // 2
            own = max((kernel - 1 - padding) // rate, (rate - 1 + padding) // rate)
            reach = -(-(reach + of_blocks) // rate) + own
        return reach + _EDGE // 2
