"""How speech becomes mel-frequency cepstra. Loads nothing heavy."""

from __future__ import annotations

import math
from dataclasses import dataclass

from audiolab.config import option


@dataclass(frozen=True)
class MfccConfig:
    """Cepstra of log mel powers; frame t is the time from t to t + 1 shifts, analysed around its middle."""

    rate: int = option(16000, "sample rate at which everything is analysed", "Hz")
    shift_ms: float = option(5.0, "shift from frame to frame", "ms")
    window_ms: float = option(20.0, "length of the Hamming window", "ms")
    preemphasis: float = option(0.97, "share of the sample before that is taken off")
    n_mels: int = option(26, "number of mel bands, from 0 Hz to half of the rate")
    order: int = option(12, "cepstra 0 to this one are kept")
    floor_db: float = option(-80.0, "power of a band below which nothing is told apart", "dB of full scale")
    delta_ms: float = option(15.0, "how far a derivative looks to both sides", "ms")

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if self.rate < 8000 or not 1 <= self.shift_ms <= self.window_ms <= 100:
            raise ValueError("rate must be 8000 Hz or more, and 1 <= shift_ms <= window_ms <= 100")
        if not 0 <= self.preemphasis < 1 or not -200 <= self.floor_db <= 0:
            raise ValueError("preemphasis must lie between 0 and 1, floor_db between -200 and 0")
        if not 1 <= self.order < self.n_mels <= 128 or not self.shift_ms <= self.delta_ms <= 100:
            raise ValueError("1 <= order < n_mels <= 128 and shift_ms <= delta_ms <= 100 must hold")

    def frames(self, samples: int) -> int:
        """Return the number of frames of a signal; the last one may reach beyond its end."""
        return math.ceil(samples * 1000 / (self.rate * self.shift_ms))

    @property
    def width(self) -> int:
        """The number of cepstra and of their first and second derivatives."""
        return 3 * (self.order + 1)
