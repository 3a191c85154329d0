"""The speaker encoder as the trainer sees it: batches of N speakers with M crops each, over all processes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from audiolab.config import to_dict
from audiolab.data.speaker_batches import SpeakerBatches, SpeakerBatchesConfig
from audiolab.dataset import Batch
from audiolab.errors import AudiolabError
from audiolab.metrics.verification import equal_error, trials
from audiolab.nn.across import gather
from audiolab.nn.facts import Facts
from audiolab.nn.speaker_encoder import SpeakerEncoder
from audiolab.systems.ge2e.config import GE2EConfig
from audiolab.systems.ge2e.embedder import Embedder
from audiolab.systems.ge2e.losses import LOSSES, Similarity
from audiolab.training.config import filled
from audiolab.training.system import Mean, System, Update


class GE2E(System):
    """A speaker encoder that is trained so that utterances are near their own speaker's centroid and far from others'.

    A batch holds crops ``x`` [speakers, M, frames, bands]. The loss is over the speakers of all processes; with
    ``trainer.accumulate`` each micro-batch is by itself, so that it has fewer speakers to tell apart.
    """

    Config = GE2EConfig
    DataConfig = SpeakerBatchesConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"encoder": ("encoder", "similarity")}
    exports: ClassVar[tuple[str, ...]] = ("encoder", "facts")

    def __init__(self, config: GE2EConfig) -> None:
        super().__init__()
        self.loss = LOSSES[config.loss]
        self.encoder = make_encoder(config)
        self.similarity = Similarity(config.w, config.b)
        self.facts = Facts()
        _scale_gradients(self.similarity, config.similarity_gradient)
        _scale_gradients(self.encoder.projection, config.projection_gradient)

    @classmethod
    def datasets(cls, config: SpeakerBatchesConfig) -> tuple[SpeakerBatches, SpeakerBatches]:
        """Return the speakers to train on and those to validate on."""
        return SpeakerBatches.both(config)

    @classmethod
    def complete(cls, config: GE2EConfig, train_set: SpeakerBatches) -> GE2EConfig:
        """Return the config with the features' bands and, where none is given, the window of the crops."""
        config = filled(config, "system_conf", bands=train_set.bands)
        return dataclasses.replace(config, window=config.window or train_set.config.window)

    def setup(self, train_set: SpeakerBatches) -> None:
        """Keep how the features were made, for the embedding of audio."""
        self.facts.values = {"analysis": to_dict(train_set.analysis)}

    @classmethod
    def predictor(cls, config: GE2EConfig, state: dict[str, Any], device: torch.device) -> Embedder:
        """Return the trained encoder."""
        facts = Facts()
        facts.load_state_dict(state["facts"])
        return Embedder(make_encoder(config), state["encoder"], facts.values["analysis"], config.window, device)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step, on the loss over the utterances of all processes."""
        voices = gather(self._embedded(batch["x"]))
        if len(voices) < 2:
            raise AudiolabError(
                "ge2e tells speakers apart, and there is one: set trainer.batch_size / trainer.accumulate to 2 or more"
            )
        stats = {name: value.detach().clone() for name, value in self.similarity.named_parameters()}
        yield Update("encoder", self.loss(self.similarity(voices)), stats)

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return the loss, and the equal error rate of all trials of the batch, 0 to 1."""
        voices = self._embedded(batch["x"])
        speakers, each = voices.shape[:2]
        owners = torch.arange(speakers).repeat_interleave(each).numpy()
        rate = equal_error(*trials(voices.flatten(0, 1).cpu().numpy(), owners)).rate
        count = speakers * each
        return {
            "encoder_loss": Mean(float(self.loss(self.similarity(voices))) * count, count),
            "eer": Mean(rate * count, count),
        }

    def _embedded(self, x: Tensor) -> Tensor:
        """Return embeddings [speakers, M, D] of crops [speakers, M, frames, bands]."""
        return self.encoder(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def make_encoder(config: GE2EConfig) -> SpeakerEncoder:
    """Return the network of a config whose ``bands`` are known."""
    return SpeakerEncoder(config.bands, config.hidden, config.layers, config.size)


def _scale_gradients(module: nn.Module, factor: float) -> None:
    """Let what is added to a module's gradients be multiplied by a factor first, before processes are averaged."""
    if factor != 1:
        for parameter in module.parameters():
            parameter.register_hook(lambda gradient: factor * gradient)
