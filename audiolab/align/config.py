"""How an aligner is built and trained. Loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from audiolab.align.layout import Layout
from audiolab.config import option
from audiolab.features.mfcc_config import MfccConfig


@dataclass(frozen=True)
class ModelConfig:
    """The hidden Markov models: a chain of states a phone, each with a mixture of Gaussians of diagonal covariance."""

    states: int = option(3, "of a phone, 1 to 5; each takes a frame or more")
    silence_states: int = option(3, "of silence, 1 to 5")
    phones: Literal["by_language", "shared"] = option("by_language", "whether a symbol of two languages is two models")
    rarest: int = option(5, "phones that are heard less often in training share another's model or one of their own")

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if not (1 <= self.states <= 5 and 1 <= self.silence_states <= 5):
            raise ValueError("states and silence_states must lie between 1 and 5")
        if self.rarest < 0:
            raise ValueError("rarest must not be negative")

    @property
    def layout(self) -> Layout:
        """Which states a model has."""
        return Layout(self.silence_states, self.states)


@dataclass(frozen=True)
class TrainingConfig:
    """The passes of training."""

    first_passes: int = option(12, "passes with one Gaussian a state")
    passes: int = option(4, "passes behind each growth of the mixtures")
    mixtures: int = option(8, "Gaussians of a state, at most; they double from 1 on")
    least_frames: int = option(40, "a Gaussian with twice as many frames is split")
    variance_floor: float = option(0.01, "share of all frames' variance below which no Gaussian's goes")
    normalise: Literal["utterance", "speaker"] = option("speaker", "over what the mean of the cepstra is taken off")

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if self.first_passes < 1 or self.passes < 1 or not 1 <= self.mixtures <= 128:
            raise ValueError("first_passes and passes must be at least 1, and mixtures lie between 1 and 128")
        if self.least_frames < 1 or not 0 < self.variance_floor < 1:
            raise ValueError("least_frames must be at least 1, and variance_floor lie between 0 and 1")


@dataclass(frozen=True)
class AlignConfig:
    """An aligner."""

    features: MfccConfig = field(default_factory=MfccConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
