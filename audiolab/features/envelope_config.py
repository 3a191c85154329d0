"""How speech is analysed: the grid of frames, and the mel envelope's parameters. Loads no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from audiolab.config import option
from audiolab.features.f0 import F0Config


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


@dataclass(frozen=True)
class EnvelopeConfig:
    """How speech becomes mel envelopes."""

    stft: StftConfig = field(default_factory=StftConfig)
    f0: F0Config = field(default_factory=F0Config)
    n_mels: int = option(32, "number of mel bands")
    mel_low_hz: float = option(0.0, "lower end of the first band", "Hz")
    mel_high_hz: float = option(8000.0, "upper end of the last band, at most half the rate", "Hz")
    mel_scale: Literal["htk", "slaney"] = option("htk", "mel formula")
    mel_norm: Literal["sum", "energy"] = option("sum", "filters have weights of sum 1, or of squared sum 1")
    scale: Literal["db", "linear"] = option("db", "what is stored: dB of full scale, or linear amplitude")
    floor_db: float = option(-100.0, "amplitudes below are raised to it, re full scale", "dB")
    order_policy: Literal["speaker", "frame"] = option(
        "speaker", "cepstral order from the speaker's highest F0, or frame by frame (the speaker's where unvoiced)"
    )
    tolerance_db: float = option(2.0, "most by which the spectrum may exceed its true envelope", "dB")
    max_iterations: int = option(200, "most updates of a frame's true envelope")

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if not 0 <= self.mel_low_hz < self.mel_high_hz <= self.stft.rate / 2:
            raise ValueError(f"mel bands must lie within 0 … {self.stft.rate / 2:g} Hz: set mel_low_hz and mel_high_hz")
        if self.n_mels < 1 or self.tolerance_db <= 0 or self.max_iterations < 0:
            raise ValueError("n_mels and tolerance_db must be positive and max_iterations not negative")
        if self.floor_db >= 0:
            raise ValueError(f"floor_db {self.floor_db} must be below 0 dB, full scale")

    @property
    def rate(self) -> int:
        """Sample rate in Hz."""
        return self.stft.rate

    @property
    def shift_ms(self) -> float:
        """Shift from frame to frame in ms."""
        return self.stft.shift_ms

    @property
    def streams(self) -> dict[str, int]:
        """Name and width of what stands side by side in a frame."""
        return {"envelope": self.n_mels}

    def frames(self, samples: int) -> int:
        """Return the number of frames T of a signal."""
        return self.stft.frames(samples)


def order_for(f0: float | np.ndarray, config: StftConfig) -> np.ndarray:
    """Return the largest cepstral order that cannot resolve harmonics of ``f0``: ``floor(rate / (2 f0))``.

    F0 so low that its period does not fit the FFT gives n_fft / 4, the most the true envelope is meant for.

    Args:
        f0: Hz, > 0, a scalar or an array.
        config: The grid.
    """
    f0 = np.asarray(f0, np.float64)
    if not (f0 > 0).all():
        raise ValueError("an order needs an F0 above 0 Hz; fill unvoiced frames first")
    return np.minimum(config.rate // (2 * f0), config.n_fft // 4).astype(np.int64)


def frame_orders(f0: np.ndarray, unvoiced: int, config: StftConfig) -> np.ndarray:
    """Return the order of each frame [T] from its F0 in Hz; where unvoiced (0), the order ``unvoiced``."""
    voiced = f0 > 0
    return np.where(voiced, order_for(np.where(voiced, f0, 1.0), config), unvoiced)
