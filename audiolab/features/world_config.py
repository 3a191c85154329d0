"""How speech becomes WORLD's parameters for a synthesiser. Loads nothing heavy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from audiolab.config import option
from audiolab.features.band_aperiodicity import check_bands
from audiolab.features.f0 import F0Config, frames_of


def bands_below(highest: float) -> list[float]:
    """Return Nitech-HTS 2005's edges in Hz, 0, 1, 2, 4, 6 and 8 kHz, and on in steps of 2 kHz to ``highest``.

    At 16 kHz these are its five bands, at 22.05 kHz seven.
    """
    return [
        edge for edge in (0.0, 1000.0, *(2000.0 * step for step in range(1, int(highest / 2000) + 1))) if edge < highest
    ] + [highest]


@dataclass(frozen=True)
class WorldConfig:
    """Mel-cepstrum, log F0, voicing and band aperiodicities; the defaults give the 49 values of MLMS."""

    rate: int = option(22050, "sample rate at which everything is analysed, 16000 or more", "Hz")
    shift_ms: float = option(5.0, "shift from frame to frame", "ms")
    f0: F0Config = field(default_factory=F0Config)
    order: int = option(39, "order of the mel-cepstrum, which has one coefficient more")
    alpha: float | None = option(None, "its all-pass constant; null: the one nearest to the mel scale at this rate")
    bands_hz: list[float] = option(
        list, "edges of the bands of aperiodicity, in order; none: 0, 1, 2, 4, 6 … kHz up to half of the rate", "Hz"
    )

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if self.rate < 16000:
            raise ValueError(f"rate {self.rate} is below 16000 Hz, where WORLD's aperiodicity is not defined")
        if self.shift_ms <= 0 or self.order < 1 or not -1 < (self.alpha or 0) < 1:
            raise ValueError("shift_ms must be positive, order at least 1, and alpha between -1 and 1")
        edges = self.edges_hz
        if len(edges) < 2 or edges != sorted(set(edges)) or edges[0] < 0 or edges[-1] > self.rate / 2:
            raise ValueError(f"bands_hz {self.bands_hz} must rise and lie within 0 … {self.rate / 2:g} Hz")
        check_bands(self.rate, self.bands_hz, self.bins)

    @property
    def bins(self) -> int:
        """The frequencies of WORLD's spectra, from 0 to rate / 2: its FFT has three periods of the lowest F0."""
        return 1 + (1 << int(math.log2(3 * self.rate / self.f0.floor + 1)))

    @property
    def edges_hz(self) -> list[float]:
        """Edges of the bands of aperiodicity: those that are given, or the usual ones at this rate."""
        return self.bands_hz or bands_below(self.rate / 2)

    @property
    def streams(self) -> dict[str, int]:
        """Name and width of what stands side by side in a frame."""
        return {"mcep": self.order + 1, "lf0": 1, "vuv": 1, "bap": len(self.edges_hz) - 1}

    def frames(self, samples: int) -> int:
        """Return the number of frames T of a signal."""
        return frames_of(samples, self.rate, self.shift_ms)
