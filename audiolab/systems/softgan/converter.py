"""Conversion of audio by a trained SoftGAN."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from audiolab.config import from_dict
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.synthesis.envelope_converter import EnvelopeConverter, EnvelopeConverterConfig
from audiolab.synthesis.streaming import Blocks, at_once
from audiolab.synthesis.transpose import transpose
from audiolab.systems.softgan.config import SoftGANConfig
from audiolab.systems.softgan.networks import Generator
from audiolab.systems.softgan.speaker import Analysis, Speaker
from audiolab.training.export import take_state

LONGEST_TRANSPOSED_S = 600


class SoftGANConverter:
    """A trained pair of speakers, X and Y, and the conversions between them.

    Attributes:
        source: Id of speaker X.
        target: Id of speaker Y.
        analysis: How the model sees audio.
    """

    def __init__(self, config: SoftGANConfig, state: dict[str, Any], device: torch.device) -> None:
        def loaded(name: str, module: nn.Module) -> Any:
            take_state(module, state[name])
            return module.to(device).eval().requires_grad_(False)

        self.config = config
        self.device = device
        self._speakers = tuple(loaded(name, Speaker(config.bands)) for name in ("speaker_x", "speaker_y"))
        self._generators = tuple(
            loaded(name, Generator(config.generator, config.feature_std)) for name in ("generator_xy", "generator_yx")
        )
        analysis = loaded("analysis", Analysis()).config
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

        return Voice(
            before, after, ratio, EnvelopeConverter(self.analysis, before.order, mapping, conversion, self.device)
        )

    @torch.no_grad()
    def _convert_features(self, feats: Tensor, before: Speaker, after: Speaker, generator: Generator) -> Tensor:
        """Return converted mel envelopes, (frames, bands), of any number of frames, as they are stored."""
        x = before.normalise(feats.T)
        if self.config.scale == "unit":
            x = x.clamp(0, self.config.feature_std)
        frames = x.shape[1]
        padded = functional.pad(x[None], (0, -frames % generator.multiple), mode="replicate")
        return after.denormalise(generator(padded[None])[0, 0, :, :frames]).T


class Voice:
    """Conversion one way.

    The source's excitation is kept, and its F0 where ``ratio`` is 1; the spectral envelope is converted. What lies
    above half of the analysis rate (8 kHz) is lost.

    Attributes:
        source: Id of the speaker who is converted.
        target: Id of the speaker whose voice it becomes.
        ratio: Factor on F0.
        analysis: How the model sees audio.
    """

    def __init__(self, before: Speaker, after: Speaker, ratio: float, converter: EnvelopeConverter) -> None:
        self.source, self.target = before.name, after.name
        self.ratio = ratio
        self.analysis = converter.analysis
        self._converter = converter

    def convert(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return converted audio, float32, of the same shape and rate.

        Args:
            wave: [N] or [N, channels], floats with full scale ±1, any length; channels are converted each by itself.
            rate: Its rate in Hz.

        Raises:
            AudiolabError: What `audiolab.synthesis.streaming.at_once` refuses.
        """
        return at_once(self.stream, wave, rate)

    def stream(self, blocks: Iterable[np.ndarray], rate: int) -> Blocks:
        """Yield converted audio of blocks [n, channels]; in bounded memory where F0 is kept."""
        converted = self._converter.stream(blocks, rate)
        return converted if self.ratio == 1.0 else self._transposed(converted, rate)

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
            yield np.stack([transpose(channel, rate, self.ratio) for channel in channels], axis=1)


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
