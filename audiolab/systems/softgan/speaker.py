"""What a trained converter knows of a speaker: the scaling of features, their profile, the envelope's order, the F0."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from audiolab.data.speakers import SpeakerStatistics
from audiolab.errors import AudiolabError
from audiolab.features.speech_profile import SpeechProfile


class Speaker(nn.Module):
    """Features in dB, (…, bands, frames), to the generator's scale and back.

    Buffers, so that they travel with the weights: ``offset`` and ``scale`` by band, both in dB.

    Attributes:
        name: Speaker id.
        order: Order of the speaker's true envelope, in quefrency bins.
        f0: Median F0 in Hz.
        profile: Level and bands of the speaker's training features; None before `set`.
    """

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("offset", torch.zeros(bands))
        self.register_buffer("scale", torch.ones(bands))
        self.name, self.order, self.f0 = "", 0, 0.0
        self.profile: SpeechProfile | None = None

    def set(self, statistics: SpeakerStatistics, offset: Tensor, scale: Tensor) -> None:
        """Take what `SoftGAN.setup` found in the training data."""
        self.name, self.order, self.f0 = statistics.speaker, int(statistics.order), float(statistics.f0)
        self.profile = statistics.profile
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
        profile = None if self.profile is None else self.profile.plain()
        return {"name": self.name, "order": self.order, "f0": self.f0, "profile": profile}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_extra_state` gave.

        Raises:
            AudiolabError: It is from before profiles were kept.
        """
        self.name, self.order, self.f0 = state["name"], state["order"], state["f0"]
        if "profile" not in state:
            raise AudiolabError(
                f"an older audiolab trained this model, which knows no speech level of speaker {self.name}: train it "
                "again, in a new folder"
            )
        self.profile = None if state["profile"] is None else SpeechProfile.from_plain(state["profile"])
