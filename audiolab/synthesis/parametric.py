"""Speech of vocoder parameters that a model predicted: post-filter, then WORLD."""

from __future__ import annotations

import numpy as np

from audiolab.features.world_config import WorldConfig
from audiolab.features.world_parameters import WorldParameters
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.postfilter import USUAL, check_weight, postfilter
from audiolab.synthesis.streaming import Counted


class ParametricSynthesis:
    """Makes speech of WORLD's parameters.

    Args:
        config: How the parameters are made.
        weight: Of the post-filter; 1 is off.

    Attributes:
        config: The config.

    Raises:
        AudiolabError: The weight is not over 0.
    """

    def __init__(self, config: WorldConfig, weight: float = USUAL) -> None:
        check_weight(weight)
        self.config, self._weight = config, weight
        self._world = WorldParameters(config)

    def __call__(self, parameters: np.ndarray, limiter: Limiter | None = None) -> np.ndarray:
        """Return speech, [N] float64 at the config's rate, T shifts.

        Args:
            parameters: [T, W], side by side as `WorldConfig.streams` has them; voiced where ``vuv`` is over 0.5.
            limiter: Keeps it within full scale, made with ``always``; it counts what would have passed. None: peaks
                stay as they are.
        """
        values = np.array(parameters, np.float64)
        width = self.config.streams["mcep"]
        values[:, :width] = postfilter(values[:, :width], self._world.alpha, self._weight)
        wave = self._world.synthesise(values)
        if limiter is None:
            return wave
        return np.concatenate(list(limiter.apply([wave[:, None]], self.config.rate, Counted([]))))[:, 0]
