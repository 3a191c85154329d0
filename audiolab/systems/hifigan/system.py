"""HiFi-GAN as the trainer sees it: a generator and its discriminators over crops of spectrograms and audio."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor

from audiolab.config import from_dict, to_dict
from audiolab.data.aligned_crops import AlignedCrops, AlignedCropsConfig
from audiolab.dataset import Batch
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel_inverse import log_magnitudes
from audiolab.nn.facts import Facts
from audiolab.systems.hifigan.config import HiFiGANConfig
from audiolab.systems.hifigan.discriminators import Discriminators, Maps
from audiolab.systems.hifigan.generator import Generator
from audiolab.systems.hifigan.losses import MelDistance, distance_to, feature_distance, scores
from audiolab.systems.hifigan.vocoder import HiFiGANVocoder
from audiolab.training.config import filled
from audiolab.training.system import Mean, System, Together, Update


class HiFiGAN(System):
    """A vocoder. A batch holds crops of spectrograms, ``mel`` [B, T, n_mels], and their audio ``wave`` [B, T · hop]."""

    Config = HiFiGANConfig
    DataConfig = AlignedCropsConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {
        "discriminator": ("discriminators",),
        "generator": ("generator",),
    }
    exports: ClassVar[tuple[str, ...]] = ("generator", "analysis")
    together: ClassVar[Together | None] = Together(
        {"real": "d_real", "generated": "d_generated"},
        "Discriminators' scores",
        "The mean of all discriminators; 1 for what they take to be real and 0 for what they take to be generated.",
    )

    def __init__(self, config: HiFiGANConfig) -> None:
        super().__init__()
        self.config = config
        self.generator = Generator(config.generator, config.n_mels)
        self.discriminators = Discriminators(config.discriminator)
        self.mel_distance = MelDistance(config.rate, config.n_fft, config.hop, config.mel_bands)
        self.analysis = Facts()

    @classmethod
    def datasets(cls, config: AlignedCropsConfig) -> tuple[AlignedCrops, AlignedCrops]:
        """Return the training crops and those of the utterances that are held out."""
        return AlignedCrops(config, held_out=False), AlignedCrops(config, held_out=True)

    @classmethod
    def complete(cls, config: HiFiGANConfig, train_set: AlignedCrops) -> HiFiGANConfig:
        """Return the config with the grid and the bands of the features."""
        found = train_set.analysis
        return filled(
            config, "system_conf", rate=found.rate, n_fft=found.n_fft, hop=found.hop, n_mels=found.n_mels
        )  # fmt: skip

    @classmethod
    def predictor(cls, config: HiFiGANConfig, state: dict[str, Any], device: torch.device) -> HiFiGANVocoder:
        """Return the trained vocoder."""
        return HiFiGANVocoder(config, state, device)

    def setup(self, train_set: AlignedCrops) -> None:
        """Take the analysis of the features."""
        self.analysis.values = to_dict(train_set.analysis)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the discriminators' step, and the generator's, which the stepped discriminators judge."""
        real, made = batch["wave"], self._generated(batch)
        of_real, of_made = self._judged(real), self._judged(made.detach())
        stats = {"d_real": _mean_score(of_real), "d_generated": _mean_score(of_made)}
        loss = distance_to(1.0, scores(of_real)) + distance_to(0.0, scores(of_made))
        yield Update("discriminator", loss, stats)
        with torch.no_grad():
            of_real = self._judged(real)
        of_made = self._judged(made)
        losses = {
            "adversarial": distance_to(1.0, scores(of_made)),
            "features": feature_distance(of_real, of_made),
            "mel": self.mel_distance(made, real),
        }
        total = (
            losses["adversarial"]
            + self.config.lambda_features * losses["features"]
            + self.config.lambda_mel * losses["mel"]
        )
        yield Update("generator", total, losses)

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return the distance of log mel spectrograms, in natural logarithms: 1 is 8.7 dB."""
        count = len(batch["wave"])
        return {"mel": Mean(float(self.mel_distance(self._generated(batch), batch["wave"])) * count, count)}

    def _generated(self, batch: Batch) -> Tensor:
        analysis = from_dict(LogMelConfig, self.analysis.values, source="the features' analysis")
        return self.generator(log_magnitudes(batch["mel"].mT, analysis))

    def _judged(self, wave: Tensor) -> list[Maps]:
        """Return the discriminators' maps of waves, whatever the precision of the layers."""
        return [[each.float() for each in maps] for maps in self.discriminators(wave)]


def _mean_score(maps: list[Maps]) -> Tensor:
    """Return the mean over discriminators of their mean scores."""
    return torch.stack([each.mean() for each in scores(maps)]).mean()
