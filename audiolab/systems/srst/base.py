"""What all systems of speech enhancement share: an enhancer, and mixtures of domains to train and to validate it on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import torch

from audiolab.data.domains import DomainMixtures, DomainMixturesConfig
from audiolab.dataset import Batch
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.systems.srst.losses import enhancement_scores
from audiolab.systems.srst.predictor import Predictor
from audiolab.training.config import filled
from audiolab.training.system import Initial, Mean, System, Together


class EnhancementSystem(System):
    """An enhancer; subclasses say how it is updated, and what else there is beside it.

    Args:
        config: Has the enhancer's own, ``enhancer``, and ``init``, the training run whose enhancer it begins with;
            None: at random.

    Attributes:
        adapts: Whether it needs mixtures of a target domain.
        takes_target_noise: Whether it learns from the target's noise where ``data_conf.leak_target_noise`` gives it.
    """

    DataConfig = DomainMixturesConfig
    exports: ClassVar[tuple[str, ...]] = ("enhancer",)
    together: ClassVar[Together | None] = Together(
        {"source": "source_recognised", "target": "target_recognised", "both": "domain_accuracy"},
        "Share of recognised domains",
        "A domain classifier that guesses recognises one half; dashed are none and all.",
    )
    adapts: ClassVar[bool] = True
    takes_target_noise: ClassVar[bool] = False

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

    @classmethod
    def complete(cls, config: Any, train_set: DomainMixtures) -> Any:
        """Return the config with the mixtures' rate."""
        return replace(config, enhancer=filled(config.enhancer, "system_conf.enhancer", rate=train_set.rate))

    def initial(self) -> list[Initial]:
        """Return the networks that begin with another run's weights."""
        init = self.config.init
        return [] if init is None else [Initial(self.enhancer, init, "enhancer", "system_conf.init")]

    def setup(self, train_set: DomainMixtures) -> None:
        """See whether the data are of the kind that the system needs."""
        train_set.require(target=self.adapts, target_noise=self.takes_target_noise)

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return SI-SDR and its improvement, by domain."""
        return enhancement_scores(self.enhancer(batch["noisy"])[0], batch)
