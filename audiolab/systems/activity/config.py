"""The parameters of the activity detector; of its layers the paper says only whose configuration they have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from audiolab.config import option
from audiolab.nn.stft import check_stft


@dataclass
class ActivityConfig:
    """§2.1.1: a 2D-CRNN on the STFT magnitudes of a mixture, which predicts a source's share of each frame's energy."""

    source: Literal["vocals", "accompaniment"] = option("vocals", "whose share of the energy is predicted")
    rate: int = option(16000, "sampling rate, which the songs must have", "Hz")
    n_fft: int = option(1024, "points of the STFT and of its Hann window", "samples")
    hop: int = option(256, "frame shift", "samples")
    filters: int = option(64, "of each convolution")
    pools: list[int] = option(lambda: [5, 4, 4, 2], "bins that each convolution's max pooling joins to one")
    hidden: int = option(64, "units of the recurrent layers, each way")
    layers: int = option(2, "recurrent layers")
    floor_db: float = option(-100.0, "magnitudes below are raised to it; 0 is a sine of full scale", "dB")
    silence_db: float = option(
        -60.0, "power of a frame, of full scale, under which it is silent and has no share", "dB"
    )

    def __post_init__(self) -> None:
        for name in ("rate", "hop", "filters", "hidden", "layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        check_stft(self.n_fft, self.hop)
        if not self.pools or min(self.pools) < 1 or self.bands < 1:
            raise ValueError(f"pools are one number or more, of 1 or more, that leave something of {self.bins} bins")
        for name in ("floor_db", "silence_db"):
            if not -math.inf < getattr(self, name) < 0:
                raise ValueError(f"{name} must be below 0")

    @property
    def bins(self) -> int:
        """Bins of the STFT."""
        return self.n_fft // 2 + 1

    @property
    def bands(self) -> int:
        """Bands that are left behind the last pooling."""
        bands = self.bins
        for pool in self.pools:
            bands //= pool
        return bands
