"""Separation by a trained network."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from audiolab.data.stem_dir import SOURCES
from audiolab.errors import AudiolabError
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.separator import Separator
from audiolab.training.export import take_state


class Predictor:
    """A trained separator.

    Attributes:
        rate: Rate in Hz at which it works.
        sources: What it separates a mixture into.
    """

    sources = SOURCES

    def __init__(self, config: PoCoNetConfig, state: dict[str, Any], device: torch.device) -> None:
        self.rate, self.device = config.rate, device
        separator = Separator(config)
        take_state(separator, state)
        self.separator = separator.to(device).eval().requires_grad_(False)

    def separate(self, wave: np.ndarray, rate: int) -> dict[str, np.ndarray]:
        """Return each source of a mixture, float32, in its shape, [N] or [N, channels], with N ≥ 1.

        Args:
            wave: The mixture, as a whole.
            rate: Its rate in Hz, which has to be the model's.

        Raises:
            AudiolabError: It is another.
        """
        if rate != self.rate:
            raise AudiolabError(f"audio at {rate} Hz: the model separates audio at {self.rate} Hz; resample it")
        wide = torch.from_numpy(wave.reshape(len(wave), -1).T.astype(np.float32)).to(self.device)
        estimates = self.separator.separate(wide).movedim(0, -1).cpu().numpy()
        return {source: estimate.reshape(wave.shape) for source, estimate in zip(self.sources, estimates)}
