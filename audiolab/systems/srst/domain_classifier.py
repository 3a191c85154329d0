"""Training of a domain classifier on an encoder that stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor

from audiolab.dataset import Batch
from audiolab.systems.srst.base import EnhancementSystem
from audiolab.systems.srst.classifier import DomainClassifier
from audiolab.systems.srst.config import ClassifierConfig
from audiolab.systems.srst.losses import domain_loss, domain_scores, recognised
from audiolab.systems.srst.predictor import DomainPredictor
from audiolab.training.system import Mean, Update


class DomainClassification(EnhancementSystem):
    """Classifier pre-training before DAT, and the classifier that ranks the source samples after it (Algorithm 1)."""

    Config = ClassifierConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"classifier": ("classifier",)}
    exports: ClassVar[tuple[str, ...]] = ("enhancer", "classifier")

    def __init__(self, config: ClassifierConfig) -> None:
        super().__init__(config)
        self.enhancer.requires_grad_(False)
        self.classifier = DomainClassifier(config.enhancer, config.classifier)

    @classmethod
    def predictor(cls, config: ClassifierConfig, state: dict[str, Any], device: torch.device) -> DomainPredictor:
        """Return the trained classifier with its encoder."""
        return DomainPredictor(config, state, device)

    def train(self, mode: bool = True) -> DomainClassification:
        """Set the classifier's mode; the encoder's normalisation keeps the statistics that it has learned."""
        super().train(mode)
        self.enhancer.eval()
        return self

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step: cross entropy."""
        logits = self._logits(batch)
        loss = domain_loss(logits, batch["source"])
        accuracy = recognised(logits, batch["source"]).float().mean()
        yield Update("classifier", loss, {"domain_loss": loss, "domain_accuracy": accuracy})

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return accuracy by domain, and cross entropy."""
        return domain_scores(self._logits(batch), batch["source"])

    def _logits(self, batch: Batch) -> Tensor:
        with torch.no_grad():
            features = self.enhancer.encode(*self.enhancer.analyse(batch["noisy"]))
        return self.classifier(features[-1])
