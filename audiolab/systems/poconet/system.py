"""PoCoNet as the trainer sees it: a separator, trained on mixtures whose sources are known or a teacher's estimates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor

from audiolab.data.stem_dir import SOURCES
from audiolab.data.stems import StemCrops, StemCropsConfig
from audiolab.dataset import Batch
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.losses import l1_losses, sdr_means, total
from audiolab.systems.poconet.predictor import Predictor
from audiolab.systems.poconet.separator import Separator
from audiolab.training.system import Mean, System, Together, Update


class PoCoNet(System):
    """Separation of singing voice and accompaniment.

    A batch holds windows of the sources, ``vocals`` and ``accompaniment`` [B, N]; the mixture is their sum.
    """

    Config = PoCoNetConfig
    DataConfig = StemCropsConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"separator": ("separator",)}
    exports: ClassVar[tuple[str, ...]] = ("separator",)
    together: ClassVar[Together | None] = Together(
        {source: f"{source}_sdr" for source in SOURCES},
        "SDR in dB",
        "SDR is the mean over windows in which the source is heard.",
    )

    def __init__(self, config: PoCoNetConfig) -> None:
        super().__init__()
        self.config = config
        self.separator = Separator(config)

    @classmethod
    def datasets(cls, config: StemCropsConfig) -> tuple[StemCrops, StemCrops]:
        """Return the windows to train on and those to validate on."""
        return StemCrops.both(config)

    @classmethod
    def complete(cls, config: PoCoNetConfig, train_set: StemCrops) -> PoCoNetConfig:
        """Return the config, having seen that the songs have its rate."""
        train_set.check_rate(config.rate)
        return config

    @classmethod
    def predictor(cls, config: PoCoNetConfig, state: dict[str, Any], device: torch.device) -> Predictor:
        """Return the trained separator."""
        return Predictor(config, state["separator"], device)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step: eq. 3."""
        losses = l1_losses(*self._separated(batch), self.separator.analyse)
        yield Update("separator", total(losses, self.config), losses)

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return the loss, its parts, and the sources' SDR."""
        estimates, targets = self._separated(batch)
        losses = l1_losses(estimates, targets, self.separator.analyse)
        losses["separator_loss"] = total(losses, self.config)
        count = len(targets)
        means = {name: Mean(float(loss) * count, count) for name, loss in losses.items()}
        return means | sdr_means(estimates, targets)

    def _separated(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the sources' estimates and the sources, each [B, 2, N]."""
        targets = torch.stack([batch[source] for source in SOURCES], dim=1)
        return self.separator(targets.sum(1)), targets
