"""Voice conversion by envelope: any mapping of mel envelopes, applied to audio of any length, rate and channel count.

Knows no paper: the mapping is a function of mel envelopes in dB. The source's excitation and phase are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolab.config import option
from audiolab.features.envelope import MelEnvelope, to_db, to_scale
from audiolab.features.envelope_config import EnvelopeConfig, frame_orders
from audiolab.features.f0 import estimate_f0
from audiolab.synthesis.chunks import process_in_chunks
from audiolab.synthesis.envelope_filter import EnvelopeFilterConfig, apply_envelope, context_samples
from audiolab.synthesis.overlap_add import overlap_add
from audiolab.synthesis.streaming import Blocks, Counted, as_long_as, at_once, check_rate, resampled

Mapping = Callable[[Tensor], Tensor]
"""Mel envelopes as they are stored, [T, n_mels], to converted ones of the same shape; looks at its own frames only."""


@dataclass(frozen=True)
class EnvelopeConverterConfig:
    """How the mapping is applied."""

    window_frames: int = option(
        2000, "most frames that are converted at once; longer audio is converted in windows that overlap by half"
    )
    filter: EnvelopeFilterConfig = option(EnvelopeFilterConfig)

    def __post_init__(self) -> None:
        """Refuse windows that have no half."""
        if self.window_frames < 2 or self.window_frames % 2:
            raise ValueError(f"window_frames must be even and positive, not {self.window_frames}")


class EnvelopeConverter:
    """Analysis, mapping of the mel envelope, and resynthesis with the difference of both.

    Up to ``window_frames`` are mapped at once. Longer audio is mapped in windows of that length, at multiples of half
    of it, whose results are cross-faded: the result is the same whether the audio comes as a whole or in blocks.

    Args:
        analysis: How mel envelopes are made of audio.
        order: Cepstral order of the speaker's true envelope.
        mapping: What converts mel envelopes.
        config: Windows, limits and smoothing.
        device: Where analysis and mapping run.
    """

    def __init__(
        self,
        analysis: EnvelopeConfig,
        order: int,
        mapping: Mapping,
        config: EnvelopeConverterConfig | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.analysis = analysis
        self.order = order
        self.mapping = mapping
        self.config = config or EnvelopeConverterConfig()
        self._extract = MelEnvelope(analysis, device)
        self._half = self.config.window_frames // 2
        rise = (torch.arange(self._half, dtype=torch.float32, device=device) + 0.5) / self._half
        self._fade = torch.cat([rise, rise.flip(0)])[:, None]

    def convert(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return converted audio of the same shape, [N] or [N, channels], float32, at the same rate.

        What lies above half of the analysis rate is lost.

        Args:
            wave: Floats with full scale ±1, any length.
            rate: Its rate in Hz.

        Raises:
            AudiolabError: What `at_once` refuses.
        """
        return at_once(self.stream, wave, rate)

    def stream(self, blocks: Iterable[np.ndarray], rate: int) -> Blocks:
        """Yield converted audio, as long as what came, in bounded memory.

        Args:
            blocks: float32 [n, channels] each.
            rate: Their rate in Hz; the result's too.

        Raises:
            AudiolabError: A rate that cannot be.
        """
        check_rate(rate)
        hop = self.analysis.stft.hop
        margin = context_samples(self.analysis, self.config.filter)
        counted = Counted(blocks)
        analysed = resampled(counted, rate, self.analysis.stft.rate)
        converted = process_in_chunks(analysed, self._convert_segment, self._half * hop, self._half * hop + margin)
        return as_long_as(resampled(converted, self.analysis.stft.rate, rate), counted)

    @torch.no_grad()
    def _convert_segment(self, segment: np.ndarray, first: int) -> np.ndarray:
        channels = [self._convert_channel(np.ascontiguousarray(channel), first) for channel in segment.T]
        return np.stack(channels, axis=1)

    def _convert_channel(self, wave: np.ndarray, first: int) -> np.ndarray:
        found = self._extract(wave, self._orders(wave))
        converted = self._map(found.mel, first // self.analysis.stft.hop)
        changed = apply_envelope(found.stft, found.mel, converted, self.analysis, self.config.filter)
        return overlap_add(changed, self.analysis.stft, len(wave)).cpu().numpy()

    def _orders(self, wave: np.ndarray) -> int | np.ndarray:
        if self.analysis.order_policy == "speaker":
            return self.order
        grid = self.analysis.stft
        search = self.analysis.f0
        f0 = estimate_f0(wave, grid.rate, grid.shift_ms, search.floor, search.ceiling, search.method)
        return frame_orders(f0, self.order, grid)

    def _map(self, mel: Tensor, first: int) -> Tensor:
        """Map mel envelopes in dB; windows lie at multiples of half their length from the audio's first frame."""
        half, frames = self._half, len(mel)
        if first == 0 and frames <= 2 * half:
            return self._map_window(mel)
        total, weight = torch.zeros_like(mel), torch.zeros_like(mel[:, :1])
        for start in range(-(first % -half), frames, half):
            part = mel[start : start + 2 * half]
            if start > 0 and len(part) <= half and start + len(part) == frames and weight[start:].all():
                break  # a last window that the one before covers whole
            fade = self._fade[: len(part)].clone()
            if first + start == 0:
                fade[:half] = 1.0  # nothing to fade from before the first window
            total[start : start + len(part)] += fade * self._map_window(part)
            weight[start : start + len(part)] += fade
        mapped = total / weight.clamp_min(torch.finfo(weight.dtype).tiny)
        return torch.where(weight > 0, mapped, mel)

    def _map_window(self, mel: Tensor) -> Tensor:
        return to_db(self.mapping(to_scale(mel, self.analysis)), self.analysis)
