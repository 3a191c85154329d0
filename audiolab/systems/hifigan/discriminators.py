"""HiFi-GAN's discriminators: of every p-th sample, and of the wave at several rates."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from audiolab.nn.weight_norm import weight_norm
from audiolab.systems.hifigan.config import DiscriminatorConfig

Maps = list[Tensor]
"""What a discriminator's layers give, the last one its scores, [B, 1, …]: 1 for real audio, 0 for generated."""

_SCALE_LAYERS = ((15, 1, 1), (41, 2, 4), (41, 2, 16), (41, 4, 16), (41, 4, 16), (41, 1, 16), (5, 1, 1))
"""Kernel, stride and groups."""


class PeriodDiscriminator(nn.Module):
    """Two-dimensional convolutions over the wave in rows of ``period`` samples, along the columns only."""

    def __init__(self, period: int, channels: list[int], slope: float) -> None:
        super().__init__()
        self.period, self.slope = period, slope
        strides = [3] * (len(channels) - 1) + [1]
        self.layers = nn.ModuleList(
            weight_norm(nn.Conv2d(before, after, (5, 1), (stride, 1), padding=(2, 0)))
            for before, after, stride in zip([1, *channels], channels, strides)
        )
        self.last = weight_norm(nn.Conv2d(channels[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, wave: Tensor) -> Maps:
        """Return the layers' maps of waves [B, N]; where the last row is not full, the wave is reflected."""
        more = -wave.shape[-1] % self.period
        # by flip: the gradient of PyTorch's reflection is not deterministic on a GPU
        x = torch.cat([wave, wave[:, -more - 1 : -1].flip(-1)], dim=-1) if more else wave
        return _maps(x.view(len(x), 1, -1, self.period), self.layers, self.last, self.slope)


class ScaleDiscriminator(nn.Module):
    """One-dimensional convolutions over the wave, in groups."""

    def __init__(self, channels: list[int], slope: float, norm: Callable[[nn.Module], nn.Module]) -> None:
        super().__init__()
        self.slope = slope
        self.layers = nn.ModuleList(
            norm(nn.Conv1d(before, after, kernel, stride, padding=kernel // 2, groups=groups))
            for before, after, (kernel, stride, groups) in zip([1, *channels], channels, _SCALE_LAYERS)
        )
        self.last = norm(nn.Conv1d(channels[-1], 1, 3, padding=1))

    def forward(self, wave: Tensor) -> Maps:
        """Return the layers' maps of waves [B, N]."""
        return _maps(wave[:, None], self.layers, self.last, self.slope)


class Discriminators(nn.Module):
    """All of them together; the first scale has spectral normalisation, as published, and all others weight norm."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.periods = nn.ModuleList(
            PeriodDiscriminator(period, config.period_channels, config.slope) for period in config.periods
        )
        self.scales = nn.ModuleList(
            ScaleDiscriminator(config.scale_channels, config.slope, weight_norm if level else spectral_norm)
            for level in range(config.scales)
        )

    def forward(self, wave: Tensor) -> list[Maps]:
        """Return each discriminator's maps of waves [B, N]."""
        found = [discriminator(wave) for discriminator in self.periods]
        for level, discriminator in enumerate(self.scales):
            if level:
                wave = functional.avg_pool1d(wave[:, None], 4, 2, padding=2)[:, 0]
            found.append(discriminator(wave))
        return found


def _maps(x: Tensor, layers: nn.ModuleList, last: nn.Module, slope: float) -> Maps:
    maps = []
    for layer in layers:
        x = functional.leaky_relu(layer(x), slope)
        maps.append(x)
    return [*maps, last(x)]
