"""A source's share of the energy of audio, by a trained detector."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from audiolab.systems.activity.config import ActivityConfig
from audiolab.systems.activity.detector import Detector
from audiolab.training.export import loaded


class Predictor:
    """A trained activity detector.

    Attributes:
        source: Whose shares it predicts.
        rate: Rate in Hz at which it works.
        hop: Samples from frame to frame.
    """

    def __init__(self, config: ActivityConfig, state: dict[str, Any], device: torch.device) -> None:
        self.source, self.rate, self.hop, self.device = config.source, config.rate, config.hop, device
        self._detector = loaded(Detector(config), state, device)

    @torch.no_grad()
    def ratios(self, waves: np.ndarray) -> np.ndarray:
        """Return the source's share of the energy of each frame, 0 to 1, float32 [B, N // hop + 1]; 0 where silent.

        Args:
            waves: At the model's rate, [B, N], N ≥ 1; frame t is centred at sample t · hop.
        """
        detector = self._detector
        spectrum = detector.analyse(torch.from_numpy(np.ascontiguousarray(waves, np.float32)).to(self.device))
        shares = detector(spectrum).sigmoid().masked_fill(detector.silent(detector.power(spectrum)), 0.0)
        return shares.cpu().numpy()
