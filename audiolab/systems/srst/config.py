"""The parameters of the speech enhancement systems; where the paper is ambiguous, each reading is a switch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audiolab.config import option
from audiolab.nn.stft import check_stft


@dataclass
class EnhancerConfig:
    """§3: U-Net from the mixture's real and imaginary STFT to those of speech and noise."""

    rate: int | None = option(None, "sampling rate; null: the mixtures'", "Hz")
    n_fft: int = option(512, "points of the STFT", "samples")
    hop: int = option(256, "frame shift", "samples")
    window: Literal["hamming", "hann"] = option("hamming", "analysis and synthesis window, n_fft long, periodic")
    widths: list[int] = option(lambda: [64, 128, 256, 512, 512], "channels of the U-Net's levels; 17.3 M weights")
    align_corners: bool = option(
        False, "corners stay corners where maps are doubled; then long audio has to be enhanced as a whole"
    )
    consistency: Literal["projection", "least_squares", "none"] = option(
        "projection",
        "how estimates add up to the mixture: what is missing is shared equally, both are scaled to explain it best, "
        "or they need not (their levels are then arbitrary, for SI-SDR does not see them)",
    )

    def __post_init__(self) -> None:
        if len(self.widths) < 2 or min(self.widths) < 1:
            raise ValueError(f"widths must be two positive numbers or more, not {self.widths}")
        check_stft(self.n_fft, self.hop)


@dataclass
class LossConfig:
    """Eq. 5 on speech and noise."""

    noise_weight: float = option(1.0, "weight of the noise estimate's SI-SDR beside the speech's")
    clamp_db: float | None = option(None, "SI-SDR counts within ± this only; null: no limit", "dB")

    def __post_init__(self) -> None:
        if not self.noise_weight >= 0 or not (self.clamp_db is None or self.clamp_db > 0):
            raise ValueError(
                f"noise_weight must not be negative and clamp_db positive, not {self.noise_weight} and {self.clamp_db}"
            )


@dataclass
class SupervisedConfig:
    """Training on mixtures whose parts are known: the source model and the oracle."""

    enhancer: EnhancerConfig = option(EnhancerConfig)
    loss: LossConfig = option(LossConfig)
    init: str | None = option(None, "training run whose enhancer this one begins with; null: at random")


@dataclass
class StatisticsConfig:
    """Statistics of batch normalisation, re-estimated on the target domain."""

    init: str = option(help="training run whose enhancer is adapted")
    enhancer: EnhancerConfig = option(EnhancerConfig)


@dataclass
class DomainClassifierConfig:
    """§3: two convolutions on the bottleneck."""

    kernel: int = option(1, "of both convolutions, odd: 3 is 3 × 3 over the bottleneck, then 3 frames")

    def __post_init__(self) -> None:
        if self.kernel < 1 or self.kernel % 2 == 0:
            raise ValueError(f"kernel must be odd and positive, not {self.kernel}")


@dataclass
class ClassifierConfig:
    """A domain classifier on the features of an encoder that stays as it is."""

    init: str = option(help="training run that the enhancer is taken from")
    enhancer: EnhancerConfig = option(EnhancerConfig)
    classifier: DomainClassifierConfig = option(DomainClassifierConfig)


@dataclass
class AdversarialConfig:
    """Domain-adversarial training, eqs. 2 and 6."""

    init: str = option(help="training run whose enhancer this one begins with")
    enhancer: EnhancerConfig = option(EnhancerConfig)
    classifier: DomainClassifierConfig = option(DomainClassifierConfig)
    loss: LossConfig = option(LossConfig)
    init_decoder: bool = option(
        True, "the decoder begins with that run's weights, too; false: at random, as released follow-up code has it"
    )
    init_classifier: str | None = option(None, "training run whose classifier this one begins with; null: at random")
    beta: float = option(0.05, "β, weight of the domain classifier's cross entropy")
    schedule: Literal["constant", "ganin"] = option(
        "constant", "reversal's factor: 1, or 2 / (1 + exp(−10 p)) − 1 over the progress p"
    )
    schedule_epochs: int = option(10, "epochs in which p goes from 0 to 1 (ganin)", "epochs")
    freeze_classifier: bool = option(False, "the classifier stays as it began")
    classifier_steps: int = option(1, "steps of the classifier for one of the enhancer, all on its batch", "steps")

    def __post_init__(self) -> None:
        if not self.beta >= 0:
            raise ValueError(f"beta must not be negative, not {self.beta:g}")
        for name in ("schedule_epochs", "classifier_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")


@dataclass
class SelfTrainingConfig:
    """RemixIT, and SRST, which adds labelled source samples (eqs. 3 and 4)."""

    init: str = option(help="training run whose enhancer student and teacher begin with")
    enhancer: EnhancerConfig = option(EnhancerConfig)
    loss: LossConfig = option(lambda: LossConfig(clamp_db=30.0))
    init_teacher: str | None = option(None, "another one for the teacher")
    teacher: Literal["static", "sequential", "ema"] = option(
        "static", "the teacher stays, becomes the student every `refresh` epochs, or follows it as a moving average"
    )
    refresh: int = option(20, "epochs between two copies of the student (sequential)", "epochs")
    gamma: float = option(0.99, "share of the old teacher at the end of an epoch (ema)")
    source_weight: float = option(1.0, "λ of eq. 4 in the first epoch")
    source_decay: float = option(1.0, "factor on λ after each epoch")
    mean_over: Literal["batch", "part"] = option(
        "batch", "the loss is one mean over the batch, or as eq. 4 has it: the target's mean plus λ times the source's"
    )
    remix_level: Literal["unit", "recorded"] = option(
        "unit",
        "level of the mixtures that the teacher's estimates are remixed at: without mean and with a standard deviation "
        "of 1 each, the remixed ones again, as published; or as recorded",
    )
    remix_group: int | None = option(
        None,
        "size of the groups of a batch within which target mixtures exchange their noises; null: a process's whole "
        "batch. A group that processes or micro-batches do not cut makes it one training however many there are",
    )

    def __post_init__(self) -> None:
        for name, value in (("refresh", self.refresh), ("remix_group", self.remix_group)):
            if value is not None and value < 1:
                raise ValueError(f"{name} must be positive, not {value}")
        for name in ("gamma", "source_decay"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie within 0 and 1, not {getattr(self, name):g}")
        if not self.source_weight >= 0:
            raise ValueError(f"source_weight must not be negative, not {self.source_weight:g}")
