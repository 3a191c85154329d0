"""What a conversion has to know of the speech that its mapping was made for: its level, and how its bands go together.

With that, speech of any level is brought to the mapping at the level it knows, and bands that a recording of a lower
rate does not have are filled with what the speaker has there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

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

_PIECE = 1 << 18
"""Frames, of features of 5 ms 22 minutes, whose moments are taken at a time."""

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


class _Moments(NamedTuple):
    """Of some frames: how many they are, their mean [bands] and covariance [bands, bands], float64."""

    count: int
    mean: Tensor
    covariance: Tensor

    def __add__(self, other: _Moments) -> _Moments:
        count = self.count + other.count
        share, step = other.count / count, other.mean - self.mean
        within = (1 - share) * self.covariance + share * other.covariance
        return _Moments(count, self.mean + share * step, within + share * (1 - share) * torch.outer(step, step))


class Profiler:
    """Takes one speaker's features, an utterance at a time, in bounded memory, and gives their profile.

    Args:
        config: How they were made.
    """

    def __init__(self, config: EnvelopeConfig) -> None:
        self.config = config
        self._heard = ActiveLevel(config)
        self._parts: list[Tensor] = []
        self._moments: _Moments | None = None

    def add(self, stored: np.ndarray) -> None:
        """Take features [T, bands], as they are stored."""
        mel = torch.from_numpy(np.asarray(to_db(np.asarray(stored), self.config), np.float64))
        self._heard.add(frame_levels(mel, self.config))
        self._parts.append(mel)
        if sum(map(len, self._parts)) >= _PIECE:
            self._gather()

    def profile(self, speaker: str) -> SpeechProfile:
        """Return the profile of all that was taken; `AudiolabError` where it is silent."""
        level = self._heard.value
        if level is None:
            raise AudiolabError(f"speaker {speaker}: the features are silent; are the wavs?")
        self._gather()
        return SpeechProfile(level, self._moments.mean, self._moments.covariance)

    def _gather(self) -> None:
        """Put the frames that are held into the moments."""
        if self._parts:
            held = torch.cat(self._parts)
            covariance = torch.cov(held.T, correction=0).reshape(2 * (len(held.T),))
            found = _Moments(len(held), held.mean(0), covariance)
            self._moments = found if self._moments is None else self._moments + found
            self._parts = []


def profile_of(feats: Iterable[np.ndarray], config: EnvelopeConfig, speaker: str) -> SpeechProfile:
    """Return the profile of one speaker's features, [T, bands] each, as they are stored; raises as `Profiler`."""
    profiler = Profiler(config)
    for stored in feats:
        profiler.add(stored)
    return profiler.profile(speaker)


def highest_hz(rate: float, config: EnvelopeConfig) -> float | None:
    """Return up to where, in Hz, a recording at ``rate`` has data for the analysis; None: everywhere."""
    return None if rate >= config.stft.rate else PASSBAND * rate / 2


def bands_below(highest: float | None, config: EnvelopeConfig) -> int:
    """Return how many mel bands, from the lowest, are centred below ``highest``, in Hz; None: all."""
    centres = mel_centres(config.n_mels, config.mel_low_hz, config.mel_high_hz, config.mel_scale)
    return config.n_mels if highest is None else int((centres <= highest).sum())
