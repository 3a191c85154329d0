"""Adaptation without a gradient: the statistics of batch normalisation, re-estimated on the target domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch

from audiolab.data.domains import DomainMixtures
from audiolab.dataset import Batch
from audiolab.errors import AudiolabError
from audiolab.nn.batch_norm import BatchNorm2d
from audiolab.systems.srst.base import EnhancementSystem
from audiolab.systems.srst.config import StatisticsConfig
from audiolab.training.system import Update


class TargetStatistics(EnhancementSystem):
    """An enhancer whose weights stay, while its means and variances become those of target mixtures.

    Each running mean and variance is the plain mean over all batches of the training, which sees each target mixture
    once an epoch (AdaBN; Li et al., "Revisiting batch normalization for practical domain adaptation", 2016). There is
    no update, so no optimiser.
    """

    Config = StatisticsConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, config: StatisticsConfig) -> None:
        super().__init__(config)
        self.enhancer.requires_grad_(False)
        for layer in self._layers():
            layer.momentum = None  # PyTorch: the cumulative mean

    def setup(self, train_set: DomainMixtures) -> None:
        """Forget the statistics of the run that the weights are of."""
        super().setup(train_set)
        for layer in self._layers():
            layer.reset_running_stats()

    @torch.no_grad()
    def updates(self, batch: Batch) -> Iterator[Update]:
        """Take in the statistics of a batch's target mixtures; there is nothing to yield."""
        if batch["source"].all():
            raise AudiolabError("a process's batch has no target mixtures: set data_conf.source_share to 0")
        self.enhancer(batch["noisy"][~batch["source"]])
        yield from ()

    def _layers(self) -> list[Any]:
        return [module for module in self.enhancer.modules() if isinstance(module, BatchNorm2d)]
