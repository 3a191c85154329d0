"""AutoVC and CycleAutoVC as the trainer sees them: one converter, and losses that the config weighs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from audiolab.config import to_dict
from audiolab.data.speaker_pairs import SpeakerPairs, SpeakerPairsConfig
from audiolab.dataset import Batch
from audiolab.errors import AudiolabError
from audiolab.nn.facts import Facts
from audiolab.nn.speaker_encoder import SpeakerEncoder
from audiolab.systems.autovc.config import AutoVCConfig
from audiolab.systems.autovc.losses import DISTANCES, Passes
from audiolab.systems.autovc.networks import ContentEncoder, Decoder, PostNet
from audiolab.systems.autovc.predictor import Converter
from audiolab.training.config import filled
from audiolab.training.export import MODEL
from audiolab.training.system import Initial, Mean, System, Update


class AutoVC(System):
    """Voice conversion between many speakers, each told by an embedding or a one-hot vector.

    A batch holds crops ``mel`` [B, T, bands] of speakers A, ``source`` [B, told], which tells A, ``target``, which
    tells another speaker B, and, where there are embeddings, B's as ``style`` [B, E].
    """

    Config = AutoVCConfig
    DataConfig = SpeakerPairsConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"converter": ("content_encoder", "decoder", "post_net")}
    exports: ClassVar[tuple[str, ...]] = ("content_encoder", "decoder", "post_net", "voices", "facts")

    def __init__(self, config: AutoVCConfig) -> None:
        super().__init__()
        self.config = config
        self.weights = {name: weight for name, weight in asdict(config.weights).items() if weight}
        self.content_encoder = ContentEncoder(config)
        self.decoder = Decoder(config)
        self.post_net = PostNet(config)
        self.register_buffer("voices", torch.zeros(config.speakers, config.told))
        self.facts = Facts()
        self.speaker_encoder = None
        if config.speaker_encoder is not None:
            sizes = config.speaker_encoder_sizes
            self.speaker_encoder = SpeakerEncoder(config.bands, sizes.hidden, sizes.layers, config.embedding)
            self.speaker_encoder.requires_grad_(False)

    @classmethod
    def datasets(cls, config: SpeakerPairsConfig) -> tuple[SpeakerPairs, SpeakerPairs]:
        """Return the crops to train on and those to validate on."""
        return SpeakerPairs(config, held_out=False), SpeakerPairs(config, held_out=True)

    @classmethod
    def complete(cls, config: AutoVCConfig, train_set: SpeakerPairs) -> AutoVCConfig:
        """Return the config with the sizes of the training set."""
        if train_set.frames % config.freq:
            raise ValueError(f"data_conf.frames is {train_set.frames}, no multiple of freq, {config.freq}")
        speakers, told = train_set.told.shape
        embedding = None if train_set.embeddings is None else train_set.embeddings.shape[1]
        if config.speaker_encoder is not None and embedding is None:
            raise AudiolabError(
                f"{train_set.features.folder}: no spk_embedding.scp, against which system_conf.speaker_encoder scores; "
                "make it with audiolab.bin.embed_speakers"
            )
        sizes = {"bands": train_set.bands, "speakers": speakers, "told": told, "embedding": embedding}
        return filled(config, "system_conf", **sizes)

    @classmethod
    def predictor(cls, config: AutoVCConfig, state: dict[str, Any], device: torch.device) -> Converter:
        """Return the trained converter."""
        return Converter(config, state, device)

    def initial(self) -> list[Initial]:
        """Return the speaker encoder, which is another run's."""
        if self.speaker_encoder is None:
            return []
        path = Path(self.config.speaker_encoder)
        run = path.parent if path.name == MODEL else path
        return [Initial(self.speaker_encoder, run, "encoder", "system_conf.speaker_encoder")]

    def setup(self, train_set: SpeakerPairs) -> None:
        """Take what tells the training speakers, and the analysis of the features."""
        self.voices.copy_(torch.from_numpy(train_set.told))
        self.facts.values = {"analysis": to_dict(train_set.analysis), "speakers": list(train_set.speakers)}

    def train(self, mode: bool = True) -> AutoVC:
        """Set the converter's mode; the speaker encoder has one, in which cuDNN lets a gradient through an LSTM."""
        super().train(mode)
        if self.speaker_encoder is not None:
            self.speaker_encoder.train()
        return self

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step: all losses that weigh something."""
        losses = self._passes().losses(batch, frozenset(self.weights))
        yield Update("converter", self._total(losses), losses)

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return all losses, whatever they weigh, and what they sum to; without a speaker encoder not the style."""
        names = frozenset(asdict(self.config.weights))
        losses = self._passes().losses(batch, names if self.speaker_encoder is not None else names - {"style"})
        losses["converter_loss"] = self._total(losses)
        count = len(batch["mel"])
        return {name: Mean(float(loss) * count, count) for name, loss in losses.items()}

    def _total(self, losses: dict[str, Tensor]) -> Tensor:
        return sum(weight * losses[name] for name, weight in self.weights.items())

    def _passes(self) -> Passes:
        distance, second = DISTANCES[self.config.distance], self.config.second_pass
        return Passes(
            self.content_encoder, self.decoder, self.post_net, self.speaker_encoder, distance, second
        )  # fmt: skip
