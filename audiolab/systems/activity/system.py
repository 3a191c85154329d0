"""The activity detector as the trainer sees it: trained on mixtures whose sources are known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from audiolab.data.stem_dir import SOURCES
from audiolab.data.stems import StemCrops, StemCropsConfig
from audiolab.dataset import Batch
from audiolab.systems.activity.config import ActivityConfig
from audiolab.systems.activity.detector import Detector
from audiolab.systems.activity.predictor import Predictor
from audiolab.training.system import Mean, System, Update


class Activity(System):
    """Prediction of how much of each frame's energy is a source's (§2.1.1).

    A batch holds windows of the sources, ``vocals`` and ``accompaniment`` [B, N]; the mixture is their sum.
    """

    Config = ActivityConfig
    DataConfig = StemCropsConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"detector": ("detector",)}
    exports: ClassVar[tuple[str, ...]] = ("detector",)

    def __init__(self, config: ActivityConfig) -> None:
        super().__init__()
        self.config = config
        self.detector = Detector(config)

    @classmethod
    def datasets(cls, config: StemCropsConfig) -> tuple[StemCrops, StemCrops]:
        """Return the windows to train on and those to validate on."""
        return StemCrops.both(config)

    @classmethod
    def complete(cls, config: ActivityConfig, train_set: StemCrops) -> ActivityConfig:
        """Return the config, having seen that the songs have its rate."""
        train_set.check_rate(config.rate)
        return config

    @classmethod
    def predictor(cls, config: ActivityConfig, state: dict[str, Any], device: torch.device) -> Predictor:
        """Return the trained detector."""
        return Predictor(config, state["detector"], device)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step: the binary cross-entropy of all frames."""
        logits, shares = self._predicted(batch)
        loss = functional.binary_cross_entropy_with_logits(logits, shares)
        yield Update("detector", loss, {"error": (logits.detach().sigmoid() - shares).abs().mean()})

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return the loss, the mean absolute error of the shares.

        The loss of what is right is not 0, but the entropy of the shares.
        """
        logits, shares = self._predicted(batch)
        loss = functional.binary_cross_entropy_with_logits(logits, shares, reduction="sum")
        error = (logits.sigmoid() - shares).abs().sum()
        return {
            "detector_loss": Mean(float(loss), shares.numel()),
            "error": Mean(float(error), shares.numel()),
        }

    def _predicted(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the logits of the source's shares, and the shares, each [B, T]."""
        spectra = {source: self.detector.analyse(batch[source]) for source in SOURCES}
        own = spectra.pop(self.config.source)
        (other,) = spectra.values()
        return self.detector(own + other), self.detector.shares(own, other)
