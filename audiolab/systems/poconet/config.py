"""The parameters of PoCoNet and of its losses; what the paper leaves open is a switch."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.config import option
from audiolab.nn.stft import check_stft


@dataclass
class PoCoNetConfig:
    """§2.2: a U-Net of DenseNet and attention blocks, which gives complex ratio masks of vocals and accompaniment."""

    rate: int = option(16000, "sampling rate, which the songs must have", "Hz")
    n_fft: int = option(1024, "points of the STFT and of its Hann window", "samples")
    hop: int = option(256, "frame shift", "samples")
    levels: int = option(6, "levels of the U-Net, the bottleneck among them")
    first_channels: int = option(32, "channels of the first level; each further level has twice as many")
    max_channels: int = option(128, "channels that no level has more of")
    embeddings: int = option(10, "k of eq. 1, cosines of the frequency that are joined to the input")
    input_power: float = option(
        1.0, "power that magnitudes are raised to in the network's input, their phases kept; 1: as the paper has it"
    )
    attention_channels: int = option(5, "channels of a frame that attention passes on; 0: no attention")
    attention_dim: int = option(20, "numbers of a frame's key and query")
    causal_attention: bool = option(False, "frames attend to none behind them, as convolutions look at none")
    mask_bias: float = option(0.5, "real part of both masks at the beginning of training")
    norm_momentum: float = option(
        0.01, "share of a step in the means and variances that batch normalisation keeps for use after training"
    )
    checkpointing: bool = option(
        False, "each block is computed again in the backward pass, to save memory; the result is the same"
    )
    lambda_audio: float = option(1.0, "weight of a source's L1 of the waveform, eq. 2")
    lambda_spec: float = option(1.0, "weight of a source's L1 of STFT magnitudes, eq. 2")
    lambda_vocals: float = option(1.0, "weight of the vocals' loss, eq. 3")
    lambda_accompaniment: float = option(1.0, "weight of the accompaniment's loss, eq. 3")

    def __post_init__(self) -> None:
        for name in ("rate", "hop", "levels", "first_channels", "max_channels", "attention_dim"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        for name in (
            "embeddings", "attention_channels", "lambda_audio", "lambda_spec", "lambda_vocals", "lambda_accompaniment",
        ):  # fmt: skip
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative, not {getattr(self, name)}")
        check_stft(self.n_fft, self.hop)
        if self.n_fft // 2 % 2 ** (self.levels - 1):
            raise ValueError(
                f"{self.levels} levels halve the bins {self.levels - 1} times: n_fft must be a multiple of "
                f"{2**self.levels}, not {self.n_fft}"
            )
        for name in ("norm_momentum", "input_power"):
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in (0, 1], not {getattr(self, name):g}")

    @property
    def widths(self) -> list[int]:
        """Channels of each level, the bottleneck's last."""
        return [min(self.first_channels * 2**level, self.max_channels) for level in range(self.levels)]

    @property
    def bins(self) -> int:
        """Bins that the network works on: all of the STFT but the highest, at half the rate."""
        return self.n_fft // 2
