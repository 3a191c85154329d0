"""What a trained converter knows of a speaker: the scaling of features, the order of the envelope, the F0."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class Speaker(nn.Module):
    """Features in dB, (…, bands, frames), to the generator's scale and back.

    Buffers, so that they travel with the weights: ``offset`` and ``scale`` by band, both in dB.

    Attributes:
        name: Speaker id.
        order: Order of the speaker's true envelope, in quefrency bins.
        f0: Median F0 in Hz.
    """

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("offset", torch.zeros(bands))
        self.register_buffer("scale", torch.ones(bands))
        self.name, self.order, self.f0 = "", 0, 0.0

    def set(self, name: str, order: int, f0: float, offset: Tensor, scale: Tensor) -> None:
        """Take what `SoftGAN.setup` found in the training data."""
        self.name, self.order, self.f0 = name, int(order), float(f0)
        self.offset.copy_(offset)
        self.scale.copy_(scale)

    def normalise(self, level: Tensor) -> Tensor:
        """Return levels in dB on the generator's scale."""
        return (level - self.offset[:, None]) / self.scale[:, None]

    def denormalise(self, x: Tensor) -> Tensor:
        """Return the generator's output as levels in dB."""
        return x * self.scale[:, None] + self.offset[:, None]

    def get_extra_state(self) -> dict[str, Any]:
        """Return what is no tensor, for the state dict."""
        return {"name": self.name, "order": self.order, "f0": self.f0}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_extra_state` gave."""
        self.name, self.order, self.f0 = state["name"], state["order"], state["f0"]


class Analysis(nn.Module):
    """The analysis that made the features, kept with the weights so that a model needs no further file.

    Attributes:
        config: `audiolab.features.envelope.EnvelopeConfig` as nested dicts.
    """

    def __init__(self) -> None:
        super().__init__()
        self.config: dict[str, Any] = {}

    def get_extra_state(self) -> dict[str, Any]:
        """Return the analysis config, for the state dict."""
        return self.config

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_extra_state` gave."""
        self.config = state
