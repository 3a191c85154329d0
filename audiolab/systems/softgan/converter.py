"""Conversion of audio by a trained SoftGAN."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from audiolab.config import from_dict
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.nn.facts import Facts
from audiolab.synthesis.envelope_converter import EnvelopeConverter, EnvelopeConverterConfig
from audiolab.synthesis.streaming import Blocks
from audiolab.synthesis.transpose import transpose
from audiolab.systems.softgan.config import SoftGANConfig
from audiolab.systems.softgan.networks import Generator
from audiolab.systems.softgan.speaker import Speaker
from audiolab.training.export import loaded

LONGEST_TRANSPOSED_S = 600


class SoftGANConverter:
    """A trained pair of speakers, X and Y, and the conversions between them.

    Attributes:
        source: Id of speaker X.
        target: Id of speaker Y.
        analysis: How the model sees audio.
    """

    def __init__(self, config: SoftGANConfig, state: dict[str, Any], device: torch.device) -> None:
        self.config = config
        self.device = device
        self._speakers = tuple(
            loaded(Speaker(config.bands), state[name], device) for name in ("speaker_x", "speaker_y")
        )
        self._generators = tuple(
            loaded(Generator(config.generator, config.feature_std), state[name], device)
            for name in ("generator_xy", "generator_yx")
        )
        analysis = loaded(Facts(), state["analysis"], device).values
        self.analysis = from_dict(EnvelopeConfig, analysis, source="the model's analysis")
        self.source, self.target = (speaker.name for speaker in self._speakers)

    def convert(self, wave: np.ndarray, rate: int, reverse: bool = False, f0: str | float = "keep") -> np.ndarray:
        """Return converted audio of the same shape, [N] or [N, channels], and rate; see `voice`."""
        return self.voice(reverse, f0).convert(wave, rate)

    def voice(
        self, reverse: bool = False, f0: str | float = "keep", conversion: EnvelopeConverterConfig | None = None
    ) -> Voice:
        """Return the conversion from X to Y, or with ``reverse`` from Y to X.

        Args:
            reverse: Which way.
            f0: ``"keep"``: the source's, as in the paper; ``"speakers"``: multiplied by the ratio of the speakers'
                medians; or a factor.
            conversion: Windows, limit and smoothing of the change of envelope.
        """
        before, after = self._speakers[::-1] if reverse else self._speakers
        generator = self._generators[1 if reverse else 0]
        ratio = _ratio(f0, before, after)

        def mapping(feats: Tensor) -> Tensor:
            return self._convert_features(feats, before, after, generator)

        voice = Voice(self.analysis, before.order, before.profile, mapping, conversion, self.device)
        voice.source, voice.target, voice.ratio = before.name, after.name, ratio
        return voice

    @torch.no_grad()
    def _convert_features(self, feats: Tensor, before: Speaker, after: Speaker, generator: Generator) -> Tensor:
        """Return converted mel envelopes, (frames, bands), of any number of frames, as they are stored."""
        x = before.normalise(feats.T)
        if self.config.scale == "unit":
            x = x.clamp(0, self.config.feature_std)
        frames = x.shape[1]
        padded = functional.pad(x[None], (0, -frames % generator.multiple), mode="replicate")
        return after.denormalise(generator(padded[None])[0, 0, :, :frames]).T


class Voice(EnvelopeConverter):
    """Conversion one way; ``convert``, ``stream`` and ``analysis`` are inherited.

    The source's excitation is kept, and its F0 where ``ratio`` is 1; the spectral envelope is converted. What lies
    above half of the analysis rate (8 kHz) is lost. Memory is bounded where F0 is kept.

    Attributes:
        source: Id of the speaker who is converted.
        target: Id of the speaker whose voice it becomes.
        ratio: Factor on F0.
    """

    source: str
    target: str
    ratio: float = 1.0

    def finish(self, blocks: Blocks, rate: int) -> Blocks:
        """Return converted blocks with their F0 moved, which keeps their energy."""
        return blocks if self.ratio == 1.0 else self._transposed(blocks, rate)

    def _transposed(self, blocks: Blocks, rate: int) -> Blocks:
        held, length = [], 0
        for block in blocks:
            held.append(block)
            length += len(block)
            if length > LONGEST_TRANSPOSED_S * rate:
                raise AudiolabError(
                    f"F0 can be transposed in up to {LONGEST_TRANSPOSED_S} s of audio: cut this one, or keep F0"
                )
        if held:
            channels = np.concatenate(held).T
            yield np.stack([_moved(channel, rate, self.ratio) for channel in channels], axis=1)


def _moved(wave: np.ndarray, rate: int, ratio: float) -> np.ndarray:
    """Return a channel [N] with its F0 times ``ratio``, of the same energy, at whatever level it is."""
    peak = np.abs(wave).max(initial=0.0)
    if peak == 0:
        return wave
    scaled = wave / peak
    moved = transpose(scaled, rate, ratio)
    energy = float(np.square(moved, dtype=np.float64).sum())
    if energy == 0:
        return moved
    return moved * np.float32(peak * np.sqrt(np.square(scaled, dtype=np.float64).sum() / energy))


def _ratio(f0: str | float, before: Speaker, after: Speaker) -> float:
    if f0 == "keep":
        return 1.0
    if f0 == "speakers":
        return after.f0 / before.f0
    try:
        ratio = float(f0)
    except ValueError as error:
        raise AudiolabError(f"f0 is 'keep', 'speakers' or a factor, not '{f0}'") from error
    if not 0.25 <= ratio <= 4:
        raise AudiolabError(f"f0's factor must lie within 0.25 and 4, not {ratio}")
    return ratio
