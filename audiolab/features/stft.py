"""Short-time Fourier transform on a grid that F0 and envelopes share: frame ``t`` is centred on sample ``t · hop``."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from audiolab.config import option


@dataclass(frozen=True)
class StftConfig:
    """The grid of analysis: rate, Hann window, hop and FFT length."""

    rate: int = option(16000, "sample rate at which everything is analysed", "Hz")
    window_ms: float = option(50.0, "length of the Hann window, 2.5 periods of the lowest F0 or more", "ms")
    hop_ms: float = option(5.0, "shift from frame to frame, rounded to a whole sample", "ms")
    n_fft: int = option(1024, "FFT length, at least the window", "samples")

    def __post_init__(self) -> None:
        """Refuse what has no spectrum or cannot be inverted."""
        if self.rate < 1:
            raise ValueError(f"rate {self.rate} must be positive")
        if not 2 <= self.window <= self.n_fft or self.n_fft % 2:
            raise ValueError(f"n_fft {self.n_fft} must be even and hold the window of {self.window} samples")
        if not 1 <= self.hop <= self.window // 4:
            raise ValueError(f"hop_ms {self.hop_ms} must be between one sample and a quarter of the window")

    @property
    def window(self) -> int:
        """Window length in samples."""
        return round(self.rate * self.window_ms / 1000)

    @property
    def hop(self) -> int:
        """Hop in samples."""
        return round(self.rate * self.hop_ms / 1000)

    @property
    def bins(self) -> int:
        """Number of frequencies F, from 0 to rate / 2."""
        return self.n_fft // 2 + 1

    @property
    def shift_ms(self) -> float:
        """The hop after rounding, in ms, as an F0 estimator must be given it."""
        return 1000 * self.hop / self.rate

    def frames(self, samples: int) -> int:
        """Return the number of frames T of a signal."""
        return 1 + samples // self.hop


def hann(config: StftConfig, like: Tensor) -> Tensor:
    """Return the periodic Hann window [window] in the precision and on the device of ``like``."""
    return torch.hann_window(config.window, dtype=like.real.dtype, device=like.device)


def stft(wave: Tensor, config: StftConfig) -> Tensor:
    """Return the STFT of signals of any length; what lies before and after a signal counts as zero.

    Args:
        wave: [..., N], N ≥ 1.
        config: The grid.

    Returns:
        Complex [..., T, F], T = 1 + N // hop; not scaled (`full_scale` gives the factor to dB of full scale).
    """
    flat = wave.reshape(-1, wave.shape[-1])
    spectrum = torch.stft(
        flat,
        n_fft=config.n_fft,
        hop_length=config.hop,
        win_length=config.window,
        window=hann(config, wave),
        center=True,
        pad_mode="constant",
        return_complex=True,
    )
    return spectrum.transpose(-1, -2).reshape(*wave.shape[:-1], -1, config.bins)


def full_scale(config: StftConfig) -> float:
    """Return what |STFT| is multiplied by so that a full-scale sinusoid has amplitude 1 (0 dB)."""
    return 2 / float(torch.hann_window(config.window, dtype=torch.float64).sum())
