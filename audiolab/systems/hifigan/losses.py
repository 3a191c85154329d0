"""HiFi-GAN's losses: least squares, distance of features, distance of log mel spectrograms."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolab.features.mel import sampled_filters
from audiolab.systems.hifigan.discriminators import Maps

_FLOOR = 1e-5
"""Magnitudes of bands below are raised to it."""

_ROUNDING = 1e-9
"""Added to a bin's power, whose root has no gradient at 0."""


def scores(maps: list[Maps]) -> list[Tensor]:
    """Return each discriminator's scores."""
    return [each[-1] for each in maps]


def distance_to(label: float, scored: list[Tensor]) -> Tensor:
    """Return the sum over discriminators of the mean squared distance of scores to a label (LSGAN)."""
    return sum((each - label).square().mean() for each in scored)


def feature_distance(real: list[Maps], generated: list[Maps]) -> Tensor:
    """Return the sum over discriminators and layers, scores among them, of the mean absolute difference of maps."""
    pairs = (pair for both in zip(real, generated) for pair in zip(*both))
    return sum(functional.l1_loss(made, true) for true, made in pairs)


class MelDistance(nn.Module):
    """Mean absolute difference of log mel spectrograms, over all frequencies, in natural logarithms.

    Frames lie as HiFi-GAN has them: as many as hops, none of which reaches half a window beyond the crop.
    """

    def __init__(self, rate: int, n_fft: int, hop: int, bands: int) -> None:
        super().__init__()
        self.n_fft, self.hop = n_fft, hop
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        filters = torch.from_numpy(sampled_filters(rate, n_fft, bands, 0.0, rate / 2))
        self.register_buffer("filters", filters.to(self.window.dtype), persistent=False)

    def forward(self, made: Tensor, true: Tensor) -> Tensor:
        """Return the distance of waves [B, N]."""
        return functional.l1_loss(*self.levels(torch.cat([made, true]).float()).chunk(2))

    def levels(self, wave: Tensor) -> Tensor:
        """Return logarithms [B, T, bands] of waves [B, N], N more than (n_fft - hop) / 2."""
        margin = (self.n_fft - self.hop) // 2
        # by flip: the gradient of PyTorch's reflection is not deterministic on a GPU
        before, after = wave[:, 1 : margin + 1].flip(-1), wave[:, -margin - 1 : -1].flip(-1)
        padded = torch.cat([before, wave, after], dim=-1)
        spectrum = torch.stft(
            padded, self.n_fft, self.hop, window=self.window.to(wave.dtype), center=False, return_complex=True
        )
        power = torch.view_as_real(spectrum).square().sum(-1)
        return ((power + _ROUNDING).sqrt().mT @ self.filters.T.to(wave.dtype)).clamp_min(_FLOOR).log()
