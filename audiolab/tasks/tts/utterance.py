"""All scores of one utterance's parameters beside those of the recording."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from audiolab.features.f0 import F0Range
from audiolab.features.mel_cepstrum import mc2sp, mean_power
from audiolab.features.world_parameters import WorldParameters
from audiolab.metrics.mcd import speech_frames
from audiolab.metrics.world import world_errors

_BINS = 257
"""Frequencies over which a frame's power is taken."""


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each value of a frame, [W] each."""

    mean: np.ndarray
    deviation: np.ndarray

    def error(self, reference: np.ndarray, other: np.ndarray) -> float:
        """Return the mean square error of parameters [T, W] over frames and values, in deviations."""
        return float(np.mean(np.square((np.asarray(reference, np.float64) - other) / self.deviation)))


def score_parameters(
    natural: np.ndarray, found: np.ndarray, world: WorldParameters, normalisation: Normalisation
) -> dict[str, float]:
    """Return every metric of `audiolab.tasks.tts.scores.METRICS`.

    The mean square error is over all frames, as in training; the others are over `speaking` frames, since what a pause
    sounds like is heard less than it counts.

    Args:
        natural: Parameters of the recording, [T, W].
        found: What was predicted, [T, W].
        world: How they are made.
        normalisation: That of the mean square error.

    Returns:
        Column -> value; ``logf0_rmse`` is NaN where no frame is voiced in both.

    Raises:
        AudiolabError: The recording is silent.
    """
    spoken = speaking(natural, world)
    errors = world_errors(natural[spoken], found[spoken], world.config.streams)
    return {
        "mse": normalisation.error(natural, found),
        "mcd_db": errors["mcd"][0],
        "logf0_rmse": errors.get("lf0_rmse", (math.nan, 0))[0],
        "voicing_error": errors["vuv_error"][0],
        "bap_rmse_db": errors["bap_rmse"][0],
    }


def speaking(natural: np.ndarray, world: WorldParameters) -> np.ndarray:
    """Return the numbers of the frames whose power is within 35 dB of the loudest frame's (`speech_frames`).

    Args:
        natural: Parameters, [T, W].
        world: How they are made.

    Raises:
        AudiolabError: No frame has any power.
    """
    mcep = np.asarray(natural[:, : world.config.streams["mcep"]], np.float64)
    return speech_frames(mean_power(mc2sp(mcep, world.alpha, _BINS)))


def vocoded(natural: np.ndarray, world: WorldParameters, speaker: F0Range) -> np.ndarray:
    """Return the parameters that speech made of parameters has when it is analysed again, [T, W] float32.

    Args:
        natural: Parameters of a recording, [T, W].
        world: Makes speech of them and analyses it.
        speaker: Where F0 is looked for, as it was in the recording.
    """
    return world(world.synthesise(natural), speaker)[: len(natural)]
