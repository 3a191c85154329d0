"""Domain-adversarial training (DAT, or DANN; eqs. 2 and 6)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

import torch
from torch import Tensor

from audiolab.dataset import Batch
from audiolab.errors import AudiolabError
from audiolab.nn.gradient_reversal import reverse_gradient
from audiolab.systems.srst.base import EnhancementSystem
from audiolab.systems.srst.classifier import DomainClassifier
from audiolab.systems.srst.config import AdversarialConfig
from audiolab.systems.srst.losses import (
    domain_loss,
    domain_scores,
    enhancement_loss,
    enhancement_scores,
    part_loss,
    recognised,
)  # fmt: skip
from audiolab.training.system import Initial, Mean, Update


class DomainAdversarial(EnhancementSystem):
    """Enhancer and domain classifier against each other; a reversed gradient leads from the classifier to the encoder.

    All mixtures of a batch go through the encoder together; the enhancement loss is that of the source's alone. Both
    learn from the same features, each with an optimiser of its own.
    """

    Config = AdversarialConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {
        "enhancer": ("enhancer",),
        "classifier": ("classifier",),
    }
    exports: ClassVar[tuple[str, ...]] = ("enhancer", "classifier")
    takes_target_noise: ClassVar[bool] = True

    def __init__(self, config: AdversarialConfig) -> None:
        super().__init__(config)
        self.classifier = DomainClassifier(config.enhancer, config.classifier)
        if config.freeze_classifier:
            self.classifier.requires_grad_(False)
            self.optimizes = {"enhancer": ("enhancer",)}
        self.factor = 1.0

    def initial(self) -> list[Initial]:
        """Return the enhancer, or its encoder alone, and, where a run is named, the classifier."""
        run, found = self.config.init_classifier, super().initial()
        if not self.config.init_decoder:
            found = [Initial(self.enhancer.encoder, self.config.init, "enhancer.encoder", "system_conf.init")]
        if run is not None:
            found.append(Initial(self.classifier, run, "classifier", "system_conf.init_classifier"))
        return found

    def on_step_start(self, epochs: float) -> None:
        """Set the reversal's factor."""
        if self.config.schedule == "ganin":
            progress = min(1.0, epochs / self.config.schedule_epochs)
            self.factor = 2 / (1 + math.exp(-10 * progress)) - 1

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the enhancer's step, eq. 6, and the classifier's, one or several: the same β L_cls, from its side."""
        source = batch["source"]
        spectrum, scale = self.enhancer.analyse(batch["noisy"])
        features = self.enhancer.encode(spectrum, scale)
        logits = self.classifier(reverse_gradient(features[-1], self.factor))
        domain = domain_loss(logits, source)
        if not source.any():
            raise AudiolabError(
                f"of the {len(source)} mixtures of a process's batch none is of the source domain: raise "
                "data_conf.source_share or trainer.batch_size, or lower trainer.accumulate or the number of processes"
            )
        enhancement = self._enhancement_loss(batch, features, scale)
        accuracy = recognised(logits, source).float().mean()
        stats = {"enhancement": enhancement, "domain_loss": domain, "domain_accuracy": accuracy}
        yield Update("enhancer", enhancement + self.config.beta * domain, stats)
        for _ in range(0 if self.config.freeze_classifier else self.config.classifier_steps):
            logits = self.classifier(features[-1].detach())
            yield Update("classifier", self.config.beta * domain_loss(logits, source))

    def _enhancement_loss(self, batch: Batch, features: list[Tensor], scale: Tensor) -> Tensor:
        """Return eq. 5's mean over the source's items; of the noise over all, where the target's is known."""
        source, config = batch["source"], self.config.loss
        whole = batch["whole"]
        sources = whole.share(whole.facts["source"])  # parts of the batch hold unequally many
        if "target_noise" in batch:  # data_conf.leak_target_noise
            speech, noise = self.enhancer.synthesise(features, batch["noisy"], scale)
            of_speech = part_loss(speech[source], batch["speech"][source], config).sum() / sources
            return of_speech + config.noise_weight * part_loss(noise, batch["noise"], config).mean()
        estimates = self.enhancer.synthesise([each[source] for each in features], batch["noisy"][source], scale[source])
        labels = batch["speech"][source], batch["noise"][source]
        return enhancement_loss(estimates, labels, config).sum() / sources

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return SI-SDR and the classifier's accuracy, by domain."""
        spectrum, scale = self.enhancer.analyse(batch["noisy"])
        features = self.enhancer.encode(spectrum, scale)
        speech, _ = self.enhancer.synthesise(features, batch["noisy"], scale)
        return enhancement_scores(speech, batch) | domain_scores(self.classifier(features[-1]), batch["source"])
