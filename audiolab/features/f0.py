"""F0 by WORLD's estimators, and the F0 range of a speaker found from their own speech."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from audiolab.config import option
from audiolab.errors import AudiolabError
from audiolab.features.worldlib import pyworld, samples_for_world


@dataclass(frozen=True)
class F0Config:
    """The first, wide-range pass of F0 estimation."""

    method: Literal["dio", "harvest"] = option(
        "dio", "dio with stonemask, or harvest, 25 times slower, which finds more voiced frames and more wrong ones"
    )
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


BEYOND = 1.1
"""A second pass looks so far beyond a speaker's range, whose ends are percentiles: a contour may pass them."""


def second_pass(search: F0Config, speaker: F0Range) -> F0Config:
    """Return the search within a speaker's range, and within that of the first pass.

    Raises:
        AudiolabError: The two have nothing in common.
    """
    floor, ceiling = max(search.floor, speaker.floor / BEYOND), min(search.ceiling, speaker.ceiling * BEYOND)
    if floor >= ceiling:
        raise AudiolabError(
            f"an F0 range of {speaker.floor:g} to {speaker.ceiling:g} Hz lies outside f0.floor and f0.ceiling "
            f"({search.floor:g} and {search.ceiling:g} Hz): run extract_f0 and speaker_f0 again with this config"
        )
    return F0Config(search.method, floor, ceiling)


def estimate_f0(
    wave: np.ndarray,
    rate: int,
    hop_ms: float = 5.0,
    floor: float = 50.0,
    ceiling: float = 700.0,
    method: Literal["dio", "harvest"] = "dio",
) -> np.ndarray:
    """Return F0 in Hz, 0 where unvoiced, of frames centred on multiples of the hop.

    Args:
        wave: [N], mono, any length.
        rate: Sample rate in Hz.
        hop_ms: Frame shift; `audiolab.features.stft.StftConfig.shift_ms` gives one frame for each of the STFT's.
        floor: Lowest F0 in Hz.
        ceiling: Highest F0 in Hz.
        method: ``"dio"`` (refined by stonemask) or ``"harvest"``.

    Returns:
        Float64 [T], as many frames as `frames_of` says.
    """
    world = pyworld()
    samples = samples_for_world(wave, rate, floor)
    if method == "harvest":
        f0, _ = world.harvest(samples, rate, f0_floor=floor, f0_ceil=ceiling, frame_period=hop_ms)
    else:
        coarse, times = world.dio(samples, rate, f0_floor=floor, f0_ceil=ceiling, frame_period=hop_ms)
        f0 = world.stonemask(samples, coarse, times, rate)
    frames = frames_of(len(wave), rate, hop_ms)
    return np.pad(f0[:frames], (0, max(0, frames - len(f0))))  # WORLD may round to a frame less


def frames_of(samples: int, rate: int, hop_ms: float) -> int:
    """Return how many frames, centred on multiples of the hop, begin within a signal: 1 + N // hop.

    The hop may be no whole number of samples, as 5 ms at 22.05 kHz.
    """
    return 1 + int(1000 * samples / (rate * hop_ms) + 1e-6)  # a hop may be a hair too long for being given in ms


def speaker_f0_range(f0s: Iterable[np.ndarray], speaker: str = "speaker") -> F0Range:
    """Return a speaker's F0 range from a wide-range first pass over their utterances.

    Voiced frames outside ¾ of the lower to 1½ times the upper quartile are taken for octave errors and creak and
    dropped (the limits of De Looze and Hirst's two-pass estimation, Speech Prosody 2008); floor and ceiling are the 1st
    and 99th percentile of the rest. Errors by an octave do not move them as long as they are fewer than a quarter of
    the frames in either direction.

    Args:
        f0s: F0 of each utterance in Hz, 0 where unvoiced.
        speaker: Name for the error message.

    Raises:
        AudiolabError: No frame is voiced.
    """
    pooled = np.concatenate([np.ravel(f0) for f0 in f0s] or [np.empty(0)])
    voiced = pooled[pooled > 0]
    if not len(voiced):
        raise AudiolabError(
            f"{speaker}: no voiced frame in {len(pooled)} frames, so no F0 range; listen to the speaker's audio, widen "
            "f0.floor and f0.ceiling, or take the speaker out of the data dir"
        )
    lower, upper = np.percentile(voiced, [25, 75])
    inside = voiced[(voiced >= 0.75 * lower) & (voiced <= 1.5 * upper)]
    floor, median, ceiling = np.percentile(inside, [1, 50, 99])
    return F0Range(float(floor), float(ceiling), float(median))
