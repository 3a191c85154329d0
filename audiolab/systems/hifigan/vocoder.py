"""Audio of mel spectrograms by a trained generator."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from audiolab.config import from_dict
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel_inverse import log_magnitudes
from audiolab.nn.facts import Facts
from audiolab.nn.weight_norm import without_weight_norm
from audiolab.synthesis.long_audio import Pieces
from audiolab.synthesis.mel_vocoder import Make, MelVocoder
from audiolab.systems.hifigan.config import HiFiGANConfig
from audiolab.systems.hifigan.generator import Generator
from audiolab.training.export import loaded

_PIECE = 500
"""Frames of a piece."""


class HiFiGANVocoder(MelVocoder):
    """What `audiolab.load` gives of a trained HiFi-GAN; pieces make what the whole would make.

    Weight norm is taken off here, not in ``model.pt``, whose weights another training may begin with.
    """

    def __init__(self, config: HiFiGANConfig, state: dict[str, Any], device: torch.device) -> None:
        self.device = device
        self._generator = without_weight_norm(
            loaded(Generator(config.generator, config.n_mels), state["generator"], device)
        )
        analysis = loaded(Facts(), state["analysis"], device).values
        context = self._generator.context
        super().__init__(
            from_dict(LogMelConfig, analysis, source="the model's analysis"),
            Pieces(_PIECE, left=context, right=context, ratio=config.hop),
        )

    def begin(self) -> Make:
        """Return what makes audio of pieces."""
        return self._made

    @torch.inference_mode()
    def _made(self, segment: np.ndarray, first: int) -> np.ndarray:
        mel = torch.from_numpy(np.ascontiguousarray(segment.transpose(1, 2, 0))).to(self.device)
        return self._generator(log_magnitudes(mel, self.analysis)).T.cpu().numpy()
