"""What a conversion has to know of the speech that its mapping was made for: its level, and how its bands go together.

With that, speech of any level is brought to the mapping at the level it knows, and bands that a recording of a lower
rate does not have are filled with what the speaker has there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from audiolab.errors import AudiolabError
from audiolab.features.envelope import to_db
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.mel import mel_centres
from audiolab.features.speech_level import ActiveLevel, frame_levels

PASSBAND = 0.9
"""Share of half a recording's rate up to which resampling leaves its spectrum as it was."""

LEAST_RATE = 12000
"""Hz; at lower ones too much has to be filled. Measured on real speech, below 3.4 kHz, the gain of a conversion is off
what it is at 16 kHz by up to 1.5 dB (root mean square) at 11,025 Hz, by .9 dB at 12 kHz, also for speakers that the
model does not know; by up to 3.6 dB at 12 kHz where a model that knows espeak-ng's voices only converts people."""

_RIDGE = 1e-3
"""Of the bands' mean variance; without it bands that go together are not told apart."""


@dataclass(frozen=True)
class SpeechProfile:
    """Of one speaker's mel envelopes in dB.

    Attributes:
        level: Active level in dB (`audiolab.features.speech_level`).
        mean: Of each band, float64 [bands].
        covariance: Of the bands, float64 [bands, bands].
    """

    level: float
    mean: Tensor
    covariance: Tensor

    def plain(self) -> dict[str, Any]:
        """Return it as numbers and lists, for a model's extra state."""
        return {"level": self.level, "mean": self.mean.tolist(), "covariance": self.covariance.tolist()}

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> SpeechProfile:
        """Return what `plain` took apart."""
        wide = (torch.tensor(values[name], dtype=torch.float64) for name in ("mean", "covariance"))
        return cls(float(values["level"]), *wide)

    @property
    def lowest(self) -> Tensor:
        """Below what the speaker hardly ever is, [bands] in dB: three standard deviations under the mean."""
        return self.mean - 3 * self.covariance.diagonal().clamp_min(0).sqrt()

    def fill(self, mel: Tensor, bands: int) -> Tensor:
        """Return mel envelopes in dB, [T, bands of all], whose bands from number ``bands`` on are made of those below.

        They are the speaker's mean there, moved by what the lower bands say about them (linear regression).

        Args:
            mel: At this profile's level.
            bands: How many bands, from the lowest, are data.
        """
        if bands >= mel.shape[1]:
            return mel
        lower, mixed = self.covariance[:bands, :bands], self.covariance[:bands, bands:]
        ridge = _RIDGE * lower.diagonal().mean() * torch.eye(bands, dtype=lower.dtype)
        weights = torch.linalg.solve(lower + ridge, mixed).to(mel)
        known = mel[:, :bands]
        upper = (known - self.mean[:bands].to(mel)) @ weights + self.mean[bands:].to(mel)
        return torch.cat([known, upper], 1)


def profile_of(feats: Iterable[np.ndarray], config: EnvelopeConfig, speaker: str) -> SpeechProfile:
    """Return the profile of one speaker's features, [T, bands] each, as they are stored.

    Raises:
        AudiolabError: They are silent.
    """
    heard, parts = ActiveLevel(config), []
    for stored in feats:
        mel = torch.from_numpy(np.asarray(to_db(np.asarray(stored), config), np.float64))
        heard.add(frame_levels(mel, config))
        parts.append(mel)
    level = heard.value
    if level is None:
        raise AudiolabError(f"speaker {speaker}: the features are silent; are the wavs?")
    together = torch.cat(parts)
    return SpeechProfile(level, together.mean(0), torch.cov(together.T, correction=0).reshape(2 * (len(together.T),)))


def highest_hz(rate: float, config: EnvelopeConfig) -> float | None:
    """Return up to where, in Hz, a recording at ``rate`` has data for the analysis; None: everywhere."""
    return None if rate >= config.stft.rate else PASSBAND * rate / 2


def bands_below(highest: float | None, config: EnvelopeConfig) -> int:
    """Return how many mel bands, from the lowest, are centred below ``highest``, in Hz; None: all."""
    centres = mel_centres(config.n_mels, config.mel_low_hz, config.mel_high_hz, config.mel_scale)
    return config.n_mels if highest is None else int((centres <= highest).sum())
