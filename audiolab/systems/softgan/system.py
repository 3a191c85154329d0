"""SoftGAN as the trainer sees it: two generators and two discriminators over unpaired crops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from audiolab.config import to_dict
from audiolab.data.crops import UnpairedCrops, UnpairedCropsConfig
from audiolab.data.speakers import SpeakerStatistics
from audiolab.dataset import Batch
from audiolab.errors import AudiolabError
from audiolab.nn.facts import Facts
from audiolab.systems.softgan.config import SoftGANConfig
from audiolab.systems.softgan.converter import SoftGANConverter
from audiolab.systems.softgan.losses import adversarial, energy_loss
from audiolab.systems.softgan.networks import Discriminator, Generator
from audiolab.systems.softgan.speaker import Speaker
from audiolab.training.config import filled
from audiolab.training.system import Mean, System, Together, Update

Pair = tuple[Tensor, Tensor]
"""One tensor for each of the two speakers: X's first."""


class SoftGAN(System):
    """CycleGAN voice conversion between the speakers X (source) and Y (target), both ways at once.

    A batch holds the crops ``x`` and ``y`` (batch, bands, frames) in dB, drawn independently, and ``noise`` of their
    shape, standard normal.
    """

    Config = SoftGANConfig
    DataConfig = UnpairedCropsConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {
        "generator": ("generator_xy", "generator_yx"),
        "discriminator": ("discriminator_x", "discriminator_y"),
    }
    exports: ClassVar[tuple[str, ...]] = ("generator_xy", "generator_yx", "speaker_x", "speaker_y", "analysis")
    together: ClassVar[Together | None] = Together(
        {
            "real": "d_real",
            "converted": "d_converted",
            "source (false anchor)": "d_source",
            "noise (false anchor)": "d_noise",
        },
        "Discriminators' scores",
        "A discriminator's score is 1 for what it takes to be real and 0 for what it takes to be false (dashed).",
    )

    def __init__(self, config: SoftGANConfig) -> None:
        super().__init__()
        self.config = config
        self.adversarial = adversarial(config)
        self.generator_xy = Generator(config.generator, config.feature_std)
        self.generator_yx = Generator(config.generator, config.feature_std)
        self.discriminator_x = Discriminator(config.discriminator, config.bands, config.frames)
        self.discriminator_y = Discriminator(config.discriminator, config.bands, config.frames)
        self.speaker_x = Speaker(config.bands)
        self.speaker_y = Speaker(config.bands)
        self.analysis = Facts()
        self.register_buffer("noise_mean", torch.zeros(()))
        self.register_buffer("noise_std", torch.ones(()))

    @classmethod
    def datasets(cls, config: UnpairedCropsConfig) -> tuple[UnpairedCrops, UnpairedCrops]:
        """Return the training crops and those of the utterances that are held out."""
        return UnpairedCrops(config, held_out=False), UnpairedCrops(config, held_out=True)

    @classmethod
    def complete(cls, config: SoftGANConfig, train_set: UnpairedCrops) -> SoftGANConfig:
        """Return the config with the size of the crops."""
        return filled(config, "system_conf", bands=train_set.bands, frames=train_set.frames)

    @classmethod
    def predictor(cls, config: SoftGANConfig, state: dict[str, Any], device: torch.device) -> SoftGANConverter:
        """Return the converter of trained weights."""
        return SoftGANConverter(config, state, device)

    def setup(self, train_set: UnpairedCrops) -> None:
        """Take both speakers' statistics and the analysis of the features."""
        if self.config.scale == "unit" and train_set.analysis.scale != "db":
            raise AudiolabError(
                "system_conf.scale 'unit' needs features in dB: make them with scale: db in features.yaml"
            )
        self.analysis.values = to_dict(train_set.analysis)
        highest = train_set.highest if self.config.scale == "unit" else (None, None)
        speakers = (self.speaker_x, self.speaker_y), (train_set.source, train_set.target), highest
        for speaker, statistics, of_speaker in zip(*speakers):
            offset, scale = self._scaling(statistics, of_speaker)
            speaker.set(statistics, offset, scale)
        low, high = (0.5, 0.25) if self.config.scale == "unit" else (0.0, 1.0)
        self.noise_mean.fill_(low * self.config.feature_std)
        self.noise_std.fill_(high * self.config.feature_std)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the generators' and the discriminators' update, in the configured order.

        The conversions are computed once: the discriminators see them detached, and the generators' graph waits for
        the discriminators where these come first.
        """
        x, y = self._inputs(batch)
        noise = batch["noise"][:, None] * self.noise_std + self.noise_mean
        to_y, same_y = self.generator_xy(torch.cat([x, y])).chunk(2)
        to_x, same_x = self.generator_yx(torch.cat([y, x])).chunk(2)
        if self.config.first == "discriminator":
            yield self._discriminator_update(x, y, to_x.detach(), to_y.detach(), noise)
        yield self._generator_update((x, y), (to_y, to_x), (same_x, same_y))
        if self.config.first == "generator":
            yield self._discriminator_update(x, y, to_x.detach(), to_y.detach(), noise)

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return cycle, identity and energy errors (in σ, by band) and the discriminators' scores on held-out crops."""
        x, y = self._inputs(batch)
        to_y, to_x = self.generator_xy(x), self.generator_yx(y)
        losses = self._constraints((x, y), (to_y, to_x), (self.generator_yx(x), self.generator_xy(y)))
        scores = {
            "d_real": (self.discriminator_x(x) + self.discriminator_y(y)) / 2,
            "d_converted": (self.discriminator_x(to_x) + self.discriminator_y(to_y)) / 2,
            "d_source": (self.discriminator_x(y) + self.discriminator_y(x)) / 2,
        }
        count = len(x)
        means = {name: Mean(float(loss) / self.config.feature_std * count, count) for name, loss in losses.items()}
        return means | {name: Mean(float(score.sum()), count) for name, score in scores.items()}

    def _inputs(self, batch: Batch) -> Pair:
        return tuple(
            self._to_network(speaker.normalise(batch[name]))
            for name, speaker in (("x", self.speaker_x), ("y", self.speaker_y))
        )

    def _to_network(self, normalised: Tensor) -> Tensor:
        if self.config.scale == "unit":
            normalised = normalised.clamp(0, self.config.feature_std)
        return normalised[:, None]

    def _scaling(self, statistics: SpeakerStatistics, highest: float | None) -> Pair:
        if self.config.scale == "unit":
            span = torch.full((self.config.bands,), self.config.unit_range_db)
            return highest - span, span / self.config.feature_std
        return statistics.mean, statistics.std / self.config.feature_std

    def _constraints(self, real: Pair, converted: Pair, same: Pair) -> dict[str, Tensor]:
        """Return cycle (eq. 3), identity (eq. 4) and energy (§3.3) losses, each the sum over both directions."""
        (x, y), (to_y, to_x), (same_x, same_y) = real, converted, same
        over = self.config.energy_mean
        back_x, back_y = self.generator_yx(to_y), self.generator_xy(to_x)
        return {
            "cycle": functional.l1_loss(back_x, x) + functional.l1_loss(back_y, y),
            "identity": functional.l1_loss(same_x, x) + functional.l1_loss(same_y, y),
            "energy": energy_loss(to_y, x, over) + energy_loss(to_x, y, over),
        }

    def _generator_update(self, real: Pair, converted: Pair, same: Pair) -> Update:
        config = self.config
        losses = self._constraints(real, converted, same)
        to_y, to_x = converted
        scores = self.discriminator_y(to_y), self.discriminator_x(to_x)
        fooling = sum(self.adversarial.soft_real(score, config.rho_dis) for score in scores)
        total = (
            fooling
            + config.lambda_cycle * losses["cycle"]
            + config.lambda_identity * losses["identity"]
            + config.lambda_energy * losses["energy"]
        )
        shown = {name: loss / config.feature_std for name, loss in losses.items()}
        return Update("generator", total, {"adversarial": fooling, **shown})

    def _discriminator_update(self, x: Tensor, y: Tensor, to_x: Tensor, to_y: Tensor, noise: Tensor) -> Update:
        loss_x, scores_x = self._discriminate(self.discriminator_x, x, to_x, y, noise)
        loss_y, scores_y = self._discriminate(self.discriminator_y, y, to_y, x, noise)
        stats = {f"d_{name}": (scores_x[name] + scores_y[name]) / 2 for name in scores_x}
        return Update("discriminator", loss_x + loss_y, stats)

    def _discriminate(
        self, discriminator: Discriminator, real: Tensor, converted: Tensor, source: Tensor, noise: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return one discriminator's loss and mean scores: real, converted (soft label), and the false anchors."""
        anchors = {"noise": noise, "source": source}
        if self.config.anchors != "both":
            anchors = {name: crop for name, crop in anchors.items() if name == self.config.anchors}
        crops = {"real": real, "converted": converted, **anchors}
        scores = dict(zip(crops, discriminator(torch.cat(list(crops.values()))).chunk(len(crops))))
        loss = self.adversarial.hard(scores["real"], 1.0)
        loss = loss + self.adversarial.soft_fake(scores["converted"], self.config.rho_gen)
        for name in anchors:
            loss = loss + self.config.anchor_weight * self.adversarial.hard(scores[name], 0.0)
        return loss, {name: score.mean() for name, score in scores.items()}
