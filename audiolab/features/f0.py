"""F0 by WORLD's estimators, and the F0 range of a speaker found from their own speech."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from audiolab.config import option
from audiolab.errors import AudiolabError

Method = Literal["dio", "harvest"]


@dataclass(frozen=True)
class F0Config:
    """The first, wide-range pass of F0 estimation."""

    method: Method = option("harvest", "dio (with stonemask; ten times faster) or harvest (fewer octave errors)")
    floor: float = option(50.0, "lowest F0 looked for", "Hz")
    ceiling: float = option(700.0, "highest F0 looked for", "Hz")

    def __post_init__(self) -> None:
        """Refuse an empty range."""
        if not 0 < self.floor < self.ceiling:
            raise ValueError(f"F0 floor {self.floor} and ceiling {self.ceiling} are no range; give 0 < floor < ceiling")


class F0Range(NamedTuple):
    """The F0 of a speaker, in Hz."""

    floor: float
    ceiling: float
    median: float


def estimate_f0(
    wave: np.ndarray, rate: int, hop_ms: float, floor: float, ceiling: float, method: Method = "harvest"
) -> np.ndarray:
    """Return F0 in Hz, 0 where unvoiced, of frames centred on multiples of the hop.

    Args:
        wave: [N], mono.
        rate: Sample rate in Hz.
        hop_ms: Frame shift; `audiolab.features.stft.StftConfig.shift_ms` gives one frame for each of the STFT's.
        floor: Lowest F0 in Hz.
        ceiling: Highest F0 in Hz.
        method: Estimator.

    Returns:
        Float64 [T], T = 1 + N // hop.
    """
    import pyworld

    samples = np.ascontiguousarray(wave, dtype=np.float64)
    if method == "harvest":
        f0, _ = pyworld.harvest(samples, rate, f0_floor=floor, f0_ceil=ceiling, frame_period=hop_ms)
    else:
        coarse, times = pyworld.dio(samples, rate, f0_floor=floor, f0_ceil=ceiling, frame_period=hop_ms)
        f0 = pyworld.stonemask(samples, coarse, times, rate)
    frames = 1 + len(samples) // round(rate * hop_ms / 1000)
    return np.pad(f0[:frames], (0, max(0, frames - len(f0))))  # WORLD's rounding may differ by a frame
