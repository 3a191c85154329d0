"""Supervised training of the enhancer: the source model, and the oracle of the target domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch

from audiolab.data.domains import DomainMixtures, DomainMixturesConfig
from audiolab.systems.srst.config import SupervisedConfig
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.systems.srst.initial import take_over
from audiolab.systems.srst.losses import enhancement_loss, enhancement_scores
from audiolab.systems.srst.predictor import Predictor
from audiolab.training.system import Batch, Mean, System, Update


class Supervised(System):
    """The enhancer, trained on mixtures whose speech and noise are known."""

    Config = SupervisedConfig
    DataConfig = DomainMixturesConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"enhancer": ("enhancer",)}
    exports: ClassVar[tuple[str, ...]] = ("enhancer",)

    def __init__(self, config: SupervisedConfig) -> None:
        super().__init__()
        self.config = config
        self.enhancer = Enhancer(config.enhancer)

    @classmethod
    def datasets(cls, config: DomainMixturesConfig) -> tuple[DomainMixtures, DomainMixtures]:
        """Return the labelled mixtures to train on and those to validate on."""
        return DomainMixtures(config, "train"), DomainMixtures(config, "valid")

    @classmethod
    def predictor(cls, config: SupervisedConfig, state: dict[str, Any], device: torch.device) -> Predictor:
        """Return the trained enhancer."""
        return Predictor(config.enhancer, state["enhancer"], device)

    def setup(self, train_set: DomainMixtures) -> None:
        """Take over another run's enhancer where one is named."""
        train_set.require(rate=self.config.enhancer.rate, target=False)
        if self.config.init is not None:
            take_over(self.enhancer, self.config.init, "enhancer", "system_conf.init")

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step: eq. 5 on speech and noise."""
        speech, noise = batch["speech"], batch["noise"]
        losses = enhancement_loss(self.enhancer(batch["noisy"]), (speech, noise), self.config.loss)
        yield Update("enhancer", losses.mean())

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return SI-SDR and its improvement, by domain."""
        return enhancement_scores(self.enhancer(batch["noisy"])[0], batch)
