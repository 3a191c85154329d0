"""How an aligner is built and trained. Loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from audiolab.config import option
from audiolab.features.mfcc_config import MfccConfig


@dataclass(frozen=True)
class ModelConfig:
    """The hidden Markov models: a chain of states a phone, each with a mixture of Gaussians of diagonal covariance."""

    states: int = option(3, "of a phone, 1 to 5; each takes a frame or more")
    silence_states: int = option(3, "of silence, 1 to 5")
    phones: Literal["by_language", "shared"] = option("by_language", "whether a symbol of two languages is two models")
    rarest: int = option(5, "phones that are heard less often in training share another's model or one of their own")


@dataclass(frozen=True)
class TrainingConfig:
    """The passes of training."""

    flat_passes: int = option(8, "passes with one Gaussian a state, before pauses between words are looked for")
    passes: int = option(4, "passes behind each growth of the mixtures")
    mixtures: int = option(8, "Gaussians of a state, at most; they double from 1 on")
    least_frames: int = option(40, "frames that a Gaussian needs to be split")
    variance_floor: float = option(0.01, "share of all frames' variance below which no Gaussian's goes")
    normalise: Literal["utterance", "speaker"] = option("speaker", "over what the mean of the cepstra is taken off")


@dataclass(frozen=True)
class AlignConfig:
    """An aligner."""

    features: MfccConfig = field(default_factory=MfccConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
