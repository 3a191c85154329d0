"""Supervised training of the enhancer: the source model, and the oracle of the target domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from audiolab.dataset import Batch
from audiolab.systems.srst.base import EnhancementSystem
from audiolab.systems.srst.config import SupervisedConfig
from audiolab.systems.srst.losses import enhancement_loss
from audiolab.training.system import Update


class Supervised(EnhancementSystem):
    """The enhancer, trained on mixtures whose speech and noise are known."""

    Config = SupervisedConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"enhancer": ("enhancer",)}
    adapts: ClassVar[bool] = False

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step: eq. 5 on speech and noise."""
        speech, noise = batch["speech"], batch["noise"]
        losses = enhancement_loss(self.enhancer(batch["noisy"]), (speech, noise), self.config.loss)
        yield Update("enhancer", losses.mean())
