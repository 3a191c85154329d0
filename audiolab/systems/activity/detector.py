"""The detector: STFT magnitudes, a convolutional and recurrent network over them, and the shares that it learns."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from audiolab.nn.batch_norm import BatchNorm2d
from audiolab.nn.stft import stft
from audiolab.systems.activity.config import ActivityConfig

_CENTRE_DB, _SPREAD_DB = -50.0, 20.0
"""Levels of music lie about so; the network sees them about 0 and 1."""


class Detector(nn.Module):
    """A 2D-CRNN: convolutions over time and frequency, which pool frequencies only, then a GRU both ways over time."""

    def __init__(self, config: ActivityConfig) -> None:
        super().__init__()
        self.config = config
        channels = [1, *[config.filters] * len(config.pools)]
        self.convolutions = nn.Sequential(
            *(_block(*pair, pool) for *pair, pool in zip(channels, channels[1:], config.pools))
        )
        self.recurrent = nn.GRU(
            config.filters * config.bands, config.hidden, config.layers, batch_first=True, bidirectional=True
        )
        self.last = nn.Linear(2 * config.hidden, 1)
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)

    def forward(self, spectrum: Tensor) -> Tensor:
        """Return the logits of a source's shares, [B, T], of STFTs of mixtures, complex [B, F, T]."""
        maps = self.convolutions(self.levels(spectrum)[:, None])
        return self.last(self.recurrent(maps.flatten(1, 2).mT)[0])[..., 0].float()

    def analyse(self, wave: Tensor) -> Tensor:
        """Return the STFT of waves [B, N], complex64 [B, F, T], as `audiolab.nn.stft` has it."""
        return stft(wave, self.config.n_fft, self.config.hop, self.window)

    def levels(self, spectrum: Tensor) -> Tensor:
        """Return what the network sees of STFTs, [B, F, T]: magnitudes in dB of full scale, shifted and scaled."""
        floor = 10 ** (self.config.floor_db / 20)
        decibels = 20 * (spectrum.abs() * (2 / self.window.sum())).clamp_min(floor).log10()
        return (decibels - _CENTRE_DB) / _SPREAD_DB

    def power(self, spectrum: Tensor) -> Tensor:
        """Return the mean square of the windowed samples of each frame, [B, T], of STFTs [B, F, T] (Parseval)."""
        squares = spectrum.abs().square()
        both = 2 * squares.sum(1) - squares[:, 0] - squares[:, -1]
        return both / (self.config.n_fft * self.window.square().sum())

    def silent(self, power: Tensor) -> Tensor:
        """Return where frames of such `power` are silent."""
        return power < 10 ** (self.config.silence_db / 10)

    def shares(self, source: Tensor, other: Tensor) -> Tensor:
        """Return a source's share of the energy of frames, [B, T], 0 to 1; 0 where both sources are silent (§2.1.1).

        Args:
            source: Its STFTs, [B, F, T].
            other: Those of the other source.
        """
        own, rest = self.power(source), self.power(other)
        share = own / (own + rest).clamp_min(torch.finfo(own.dtype).tiny)
        return share.masked_fill(self.silent(own) & self.silent(rest), 0.0)


def _block(before: int, after: int, pool: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, padding=1, bias=False), BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d((pool, 1))
    )
