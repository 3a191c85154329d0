"""The parameters of SoftGAN; where the paper is ambiguous, each reading is a switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audiolab.config import option


@dataclass
class GeneratorConfig:
    """§4.1: two convolutions and two transposed ones, kernel 2, stride 2; 256, 512, 256 and 1 filters."""

    channels: list[int] = option(lambda: [256, 512], "filters of the encoder; the decoder mirrors them")
    kernel: int = option(2, "kernel of all four layers, stride 2; a kernel that 2 does not divide gives checkerboards")
    bottleneck: bool = option(False, "add the convolution and transposed convolution of §5, 512 filters, kernel 3")
    affine: bool = option(False, "learn a scale and an offset in instance normalisation")
    output: Literal["linear", "relu", "sigmoid", "literal"] = option(
        "linear",
        "activation of the last layer, others than linear with scale 'unit' only; 'literal' is instance normalisation "
        "and ReLU there too, as §4.1 reads",
    )

    def __post_init__(self) -> None:
        if not self.channels or min(self.channels) < 1:
            raise ValueError(f"channels must be positive numbers, not {self.channels}")
        if self.kernel < 2:
            raise ValueError(f"kernel must be at least the stride, 2, not {self.kernel}")


@dataclass
class DiscriminatorConfig:
    """§4.1: four convolutions, kernel 2, and two fully connected layers."""

    channels: list[int] = option(lambda: [64, 128, 256, 512], "filters of the convolutions, kernel and stride 2")
    hidden: int = option(512, "neurons of the first fully connected layer")
    hidden_norm: Literal["none", "layer"] = option(
        "none", "normalisation of the first fully connected layer; a vector has no axis for instance normalisation"
    )
    slope: float = option(0.2, "of LeakyReLU below zero")

    def __post_init__(self) -> None:
        if min([*self.channels, self.hidden]) < 1:
            raise ValueError(f"channels and hidden must be positive, not {self.channels} and {self.hidden}")
        if not 0 <= self.slope < 1:
            raise ValueError(f"slope must lie in [0, 1), not {self.slope}")


@dataclass
class SoftGANConfig:
    """What the paper states are the defaults."""

    rho_gen: float = option(0.1, "eq. 6: how far a converted sample's label lies from D's score towards 0; 1 is LSGAN")
    rho_dis: float = option(0.9, "eq. 7: how far G's label lies from D's score towards 1; 1 is LSGAN")
    anchors: Literal["none", "noise", "source", "both"] = option("both", "§3.2: false anchors shown to D")
    anchor_weight: float = option(1.0, "weight of each anchor's term in D's loss")
    detach_labels: bool = option(True, "labels are data; false lets the gradient through, which makes ρ act as ρ²")
    adversarial: Literal["least_squares", "cross_entropy"] = option(
        "least_squares", "§4.1's least squares, or the logarithms of eqs. 1 and 2"
    )
    lambda_cycle: float = option(0.3, "λ_c, weight of the cycle loss (eq. 3)")
    lambda_identity: float = option(0.15, "λ_i, weight of the identity loss (eq. 4), applied once")
    lambda_energy: float = option(1.0, "λ_e, weight of the energy loss (§3.3); 0 is −Energy")
    energy_mean: Literal["frequency", "time"] = option(
        "frequency", "axis of the energy loss's mean: one value a frame (the text), or one a band (the formula)"
    )
    first: Literal["generator", "discriminator"] = option("generator", "which of the two is updated first on a batch")
    scale: Literal["speaker", "unit"] = option(
        "speaker",
        "features in: zero mean and unit variance by speaker and band, or dB in [0, 1] below the speaker's maximum",
    )
    unit_range_db: float = option(80.0, "range of the scale 'unit'", "dB")
    feature_std: float = option(
        10.0,
        "factor on the scaled features; D's instance normalisation makes it blind to it, so it weighs the cycle, "
        "identity and energy losses against the adversarial one",
    )
    bands: int | None = option(None, "mel bands of a crop, 32 in §4.1; null: those of the features")
    frames: int | None = option(None, "frames of a crop, 128 in §4.1; null: data_conf.frames")
    generator: GeneratorConfig = option(GeneratorConfig)
    discriminator: DiscriminatorConfig = option(DiscriminatorConfig)

    def __post_init__(self) -> None:
        for name in ("rho_gen", "rho_dis"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in [0, 1], not {getattr(self, name)}")
        for name in ("lambda_cycle", "lambda_identity", "lambda_energy", "anchor_weight"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, not {getattr(self, name)}")
        for name in ("feature_std", "unit_range_db", "bands", "frames"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        if self.scale == "speaker" and self.generator.output != "linear":
            raise ValueError(
                f"generator.output '{self.generator.output}' gives no negative values, which features of scale "
                "'speaker' are half of the time: set output linear, or scale unit"
            )
        multiple = 2 ** max(len(self.generator.channels), len(self.discriminator.channels))
        if any(size is not None and size % multiple for size in (self.bands, self.frames)):
            raise ValueError(f"bands and frames must be multiples of {multiple}, not {self.bands} and {self.frames}")
