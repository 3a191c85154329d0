"""The parameters of the speaker encoder and of its losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from audiolab.config import option


@dataclass
class GE2EConfig:
    """The network's sizes are those of AutoVC's D-vectors; w, b and the scales of gradients those of the GE2E paper."""

    bands: int | None = option(None, "mel bands; null: those of the features")
    hidden: int = option(768, "units of each LSTM layer")
    layers: int = option(3, "LSTM layers")
    size: int = option(256, "values of an embedding")
    loss: Literal["softmax", "contrast"] = option(
        "softmax", "softmax: against all other speakers; contrast: against the nearest of them"
    )
    w: float = option(10.0, "factor on cosines at the beginning; it is learned, and kept above 0")
    b: float = option(-5.0, "what is added to them at the beginning; it is learned")
    similarity_gradient: float = option(0.01, "factor on the gradients of w and b")
    projection_gradient: float = option(1.0, "factor on those of the linear layer's weights; 0.5 in the paper")
    window: int | None = option(
        None, "frames that are heard at a time at inference; null: the middle of the training's crops", "frames"
    )

    def __post_init__(self) -> None:
        for name in ("hidden", "layers", "size", "w"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)}")
        for name in ("bands", "window"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")
        for name in ("similarity_gradient", "projection_gradient"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, not {getattr(self, name)}")
