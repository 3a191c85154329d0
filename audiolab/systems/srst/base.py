"""What all systems of speech enhancement share: an enhancer, and mixtures of domains to train and to validate it on."""

from __future__ import annotations

from typing import Any, ClassVar

import torch

from audiolab.data.domains import DomainMixtures, DomainMixturesConfig
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.systems.srst.losses import enhancement_scores
from audiolab.systems.srst.predictor import Predictor
from audiolab.training.system import Batch, Mean, System


class EnhancementSystem(System):
    """An enhancer; subclasses say how it is begun and updated, and what else there is beside it.

    Args:
        config: Has the enhancer's own, ``enhancer``.
    """

    DataConfig = DomainMixturesConfig
    exports: ClassVar[tuple[str, ...]] = ("enhancer",)

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config
        self.enhancer = Enhancer(config.enhancer)

    @classmethod
    def datasets(cls, config: DomainMixturesConfig) -> tuple[DomainMixtures, DomainMixtures]:
        """Return the mixtures to train on and those to validate on."""
        return DomainMixtures(config, "train"), DomainMixtures(config, "valid")

    @classmethod
    def predictor(cls, config: Any, state: dict[str, Any], device: torch.device) -> Any:
        """Return the trained enhancer, a `Predictor`."""
        return Predictor(config.enhancer, state["enhancer"], device)

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return SI-SDR and its improvement, by domain."""
        return enhancement_scores(self.enhancer(batch["noisy"])[0], batch)
