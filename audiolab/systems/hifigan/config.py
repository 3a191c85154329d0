"""The parameters of HiFi-GAN; the defaults are those of its smaller generator, V2. V1 has 512 channels."""

from __future__ import annotations

import math
from dataclasses import dataclass

from audiolab.config import option


@dataclass
class GeneratorConfig:
    """Transposed convolutions from frames to samples, each followed by blocks that are heard together."""

    channels: int = option(128, "channels of the first layer, halved by each transposed convolution")
    rates: list[int] = option(lambda: [8, 8, 2, 2], "strides of the transposed convolutions; their product is the hop")
    kernels: list[int] = option(lambda: [16, 16, 4, 4], "their kernels")
    block_kernels: list[int] = option(lambda: [3, 7, 11], "kernel of each block behind a transposed convolution")
    dilations: list[int] = option(lambda: [1, 3, 5], "dilations of a block's convolutions, one pair of them each")
    slope: float = option(0.1, "of LeakyReLU below zero")

    def __post_init__(self) -> None:
        if len(self.rates) != len(self.kernels) or not self.rates or min(self.rates) < 1:
            raise ValueError(f"rates {self.rates} and kernels {self.kernels} are as many, and rates positive")
        if any(kernel < rate or (kernel - rate) % 2 for kernel, rate in zip(self.kernels, self.rates)):
            raise ValueError(f"kernels {self.kernels} must be longer than rates {self.rates} by an even number, or 0")
        if not self.block_kernels or min(kernel % 2 for kernel in self.block_kernels) < 1:
            raise ValueError(f"block_kernels must be odd, not {self.block_kernels}")
        if not self.dilations or min(self.dilations) < 1 or not 0 <= self.slope < 1:
            raise ValueError(f"dilations {self.dilations} must be positive, and slope {self.slope} lie in [0, 1)")
        if self.channels < 1 or self.channels % 2 ** len(self.rates):
            raise ValueError(f"channels must be a multiple of {2 ** len(self.rates)}, not {self.channels}")

    @property
    def hop(self) -> int:
        """Samples that are made of a frame."""
        return math.prod(self.rates)


@dataclass
class DiscriminatorConfig:
    """Discriminators of every p-th sample, and of the wave at several rates."""

    periods: list[int] = option(lambda: [2, 3, 5, 7, 11], "periods p, a discriminator each")
    period_channels: list[int] = option(lambda: [32, 128, 512, 1024, 1024], "channels of their five layers")
    scales: int = option(3, "discriminators of the wave: of itself, of that averaged over 4 samples by 2, and so on")
    scale_channels: list[int] = option(
        lambda: [128, 128, 256, 512, 1024, 1024, 1024],
        "channels of their seven layers; the first two are multiples of 4, the others but the last of 16",
    )
    slope: float = option(0.1, "of LeakyReLU below zero")

    def __post_init__(self) -> None:
        if not self.periods or min(self.periods) < 1 or self.scales < 1:
            raise ValueError("there must be a period, 1 or more, and a scale")
        if len(self.period_channels) != 5 or len(self.scale_channels) != 7:
            raise ValueError("period_channels are five numbers, and scale_channels seven")
        if min(*self.period_channels, *self.scale_channels) < 1 or not 0 <= self.slope < 1:
            raise ValueError("channels must be positive, and slope lie in [0, 1)")
        if any(each % 4 for each in self.scale_channels[:2]) or any(each % 16 for each in self.scale_channels[1:6]):
            raise ValueError(
                "the first of scale_channels must be a multiple of 4 and all others but the last of 16, for layers "
                f"are in 4 and 16 groups, not {self.scale_channels}"
            )


@dataclass
class HiFiGANConfig:
    """Networks and weights of the losses, and of the analysis what training needs of it."""

    lambda_features: float = option(2.0, "weight of the distance of the discriminators' features")
    lambda_mel: float = option(45.0, "weight of the distance of log mel spectrograms")
    mel_bands: int = option(80, "bands of that distance, which reaches over all frequencies")
    rate: int | None = option(None, "of the audio; null: that of the features", "Hz")
    n_fft: int | None = option(None, "FFT of that distance; null: that of the features", "samples")
    hop: int | None = option(None, "samples that are made of a frame; null: the features' hop", "samples")
    n_mels: int | None = option(None, "bands of the features; null: as many as they have")
    generator: GeneratorConfig = option(GeneratorConfig)
    discriminator: DiscriminatorConfig = option(DiscriminatorConfig)

    def __post_init__(self) -> None:
        if min(self.lambda_features, self.lambda_mel) < 0 or self.mel_bands < 1:
            raise ValueError("lambda_features and lambda_mel must not be negative, and mel_bands at least 1")
        if self.hop is not None and self.hop != self.generator.hop:
            raise ValueError(f"generator.rates make {self.generator.hop} samples of a frame, whose hop is {self.hop}")
