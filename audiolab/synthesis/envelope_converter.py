"""Voice conversion by envelope: any mapping of mel envelopes, applied to audio of any length, level and channel count.

Knows no paper: the mapping is a function of mel envelopes in dB. The source's excitation, phase and loudness are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolab.config import option
from audiolab.errors import AudiolabError
from audiolab.features.envelope import MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, frame_orders
from audiolab.features.f0 import estimate_f0
from audiolab.features.speech_level import ActiveLevel, frame_levels
from audiolab.features.speech_profile import LEAST_RATE, SpeechProfile, highest_hz
from audiolab.samples import check_rate
from audiolab.synthesis.envelope_filter import EnvelopeFilterConfig, apply_envelope, context_samples
from audiolab.synthesis.level_match import LevelMatched, Mapping, restoring_gain
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.long_audio import Pieces, in_pieces, whole
from audiolab.synthesis.overlap_add import overlap_add
from audiolab.synthesis.streaming import Blocks, Counted, at_once, at_rate

logger = logging.getLogger(__name__)

MOST_FRAMES = 1_000_000
"""Of a window: more than an hour."""


@dataclass(frozen=True)
class EnvelopeConverterConfig:
    """How the mapping is applied."""

    window_frames: int = option(
        2000, "most frames that are converted at once; longer audio is converted in windows that overlap by half"
    )
    filter: EnvelopeFilterConfig = option(EnvelopeFilterConfig)

    def __post_init__(self) -> None:
        """Refuse windows that have no half, or that no memory holds."""
        if not 2 <= self.window_frames <= MOST_FRAMES or self.window_frames % 2:
            raise ValueError(f"window_frames must be even, from 2 to {MOST_FRAMES}, not {self.window_frames}")


class EnvelopeConverter:
    """Analysis, mapping of the mel envelope, and resynthesis with the difference of both.

    Up to ``window_frames`` are mapped at once. Longer audio is mapped in windows of that length, at multiples of half
    of it, whose results are cross-faded. A window's level is that of the speech up to its end, of each channel by
    itself. So the result is the same whether the audio comes as a whole or in blocks, and a gain of the audio is the
    same gain of the result. A window up to whose end there was but steady noise (`ActiveLevel.spoken`) stays as it is.

    Args:
        analysis: How mel envelopes are made of audio.
        order: Cepstral order of the speaker's true envelope.
        profile: Of the speech that the mapping was made for.
        mapping: What converts mel envelopes.
        config: Windows, limits and smoothing.
        device: Where analysis and mapping run.
    """

    def __init__(
        self,
        analysis: EnvelopeConfig,
        order: int,
        profile: SpeechProfile,
        mapping: Mapping,
        config: EnvelopeConverterConfig | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.analysis = analysis
        self.order = order
        self.profile = profile
        self.mapping = mapping
        self.config = config or EnvelopeConverterConfig()
        self.extract = MelEnvelope(analysis, device)

    def convert(self, wave: np.ndarray, rate: int, limiter: Limiter | None = None) -> np.ndarray:
        """Return converted audio of the same shape, [N] or [N, channels], float32, at the same rate.

        What lies above half of the analysis rate is lost.

        Args:
            wave: Floats with full scale ±1, any length; channels are converted each by itself.
            rate: Its rate in Hz.
            limiter: Counts what would have passed full scale.

        Raises:
            AudiolabError: What `at_once` and `stream` refuse.
        """
        return at_once(lambda blocks, rate: self.stream(blocks, rate, limiter), wave, rate)

    def stream(self, blocks: Iterable[np.ndarray], rate: int, limiter: Limiter | None = None) -> Blocks:
        """Yield converted audio, as long as what came, in bounded memory.

        It stays within full scale as long as what comes does.

        Args:
            blocks: float32 [n, channels] each.
            rate: Their rate in Hz; the result's too.
            limiter: Counts what would have passed full scale.

        Raises:
            AudiolabError: A rate that cannot be, or is too low; a mapping that gives NaN.
        """
        half = self.config.window_frames // 2 * self.analysis.stft.hop
        context = half + context_samples(self.analysis, self.config.filter)
        pieces = Pieces(half, left=context, right=context)
        counted, segments = Counted(blocks), self.segments(rate)
        converted = at_rate(counted, rate, self.analysis.stft.rate, lambda each: in_pieces(each, segments, pieces))
        return (limiter or Limiter()).apply(self.finish(segments.told(converted), rate), rate, counted)

    def segments(self, rate: int) -> Segments:
        """Return what converts one signal's segments in turn, each at the analysis rate; ``rate`` is the signal's."""
        check_rate(rate)
        if rate < min(LEAST_RATE, self.analysis.stft.rate):
            raise AudiolabError(
                f"a rate of {rate} Hz: too little of a voice is in it to convert it; give audio that was recorded at "
                f"{LEAST_RATE} Hz or more"
            )
        return Segments(self, rate)

    def finish(self, blocks: Blocks, rate: int) -> Blocks:
        """Return converted blocks with what else is to be done to them; here nothing. May be overridden."""
        return blocks


class _Channel:
    """What is carried from segment to segment of one channel.

    Args:
        analysis: How mel envelopes are made of audio.
        back: How many windows a segment may begin before the one that it ends with.

    Attributes:
        peak: Of all that was heard, without the mean of its segment.
        counted: Frames that have gone into the level.
        level: Active level of what was heard up to the end of a window, by the window's number; dB of full scale. None
            as long as that was no speech.
    """

    def __init__(self, analysis: EnvelopeConfig, back: int) -> None:
        self.peak, self.counted, self._back = 0.0, 0, back
        self._first: float | None = None  # offset from which levels are counted: a gain moves no frame to another bin
        self.level: dict[int, float | None] = {}
        self._heard = ActiveLevel(analysis)

    def hear(self, levels: Tensor, offset: float, window: int) -> None:
        """Count frames in; their levels in dB are raised by ``offset``. They end with window number ``window``."""
        self._first = offset if self._first is None else self._first
        self._heard.add(levels, offset - self._first)
        self.counted += len(levels)
        self.level = {number: known for number, known in self.level.items() if number >= window - self._back}
        self.level[window] = self._heard.value + self._first if self._heard.spoken else None

    def level_of(self, window: int) -> float | None:
        """Return the level of a window; the nearest one's where there was but digital silence, or more is to come."""
        return self.level[max(min(self.level), min(window, max(self.level)))]


class Segments:
    """One signal's conversion, segment by segment, as `in_pieces` calls it."""

    def __init__(self, converter: EnvelopeConverter, rate: int) -> None:
        self.analysis, self.config = converter.analysis, converter.config
        self._order, self._extract = converter.order, converter.extract
        self._highest = highest_hz(rate, converter.analysis)
        self.matched = LevelMatched(
            converter.mapping, converter.profile, converter.analysis, converter.config.filter.limit_db, self._highest
        )
        self._channels: list[_Channel] = []
        self._half = converter.config.window_frames // 2
        self._windows = Pieces(2 * self._half, fade=self._half)
        margin = -(-context_samples(converter.analysis, converter.config.filter) // converter.analysis.stft.hop)
        self._back = 2 - (-margin // self._half)
        self._segments = 0

    @torch.no_grad()
    def __call__(self, segment: np.ndarray, first: int) -> np.ndarray:
        """Return the converted segment, [n, channels]; it begins with sample ``first``. The calls are in order."""
        self._channels = self._channels or [_Channel(self.analysis, self._back) for _ in segment.T]
        pairs = zip(segment.T, self._channels)
        converted = [self._convert(np.ascontiguousarray(wave), first, channel) for wave, channel in pairs]
        self._segments += 1
        return np.stack(converted, axis=1)

    def told(self, converted: Blocks) -> Blocks:
        """Yield what was made; at the end, warn of channels that are as they were."""
        yield from converted
        for number, channel in enumerate(self._channels, 1):
            if channel.level and channel.level[max(channel.level)] is None:
                logger.warning("channel %d stays as it is: no speech is heard in it, steady noise at most", number)

    def _convert(self, wave: np.ndarray, first: int, channel: _Channel) -> np.ndarray:
        """Convert a channel; it is analysed at one peak, so that nothing depends on its gain, rounding included."""
        mean = wave.mean(dtype=np.float64).astype(np.float32)  # a constant offset is no sound
        channel.peak = max(channel.peak, float(np.abs(wave - mean).max()))
        start = first // self.analysis.stft.hop
        until = (self._segments + 2) * self._half - start  # the frames after are cut off by the segment's end
        if channel.peak == 0:
            channel.counted = start + min(self.analysis.stft.frames(len(wave)), until)
            return wave.copy()
        scaled = wave / np.float32(channel.peak)
        offset = 20 * float(np.log10(channel.peak))
        found = self._extract(scaled, self.orders(scaled), self._highest)
        channel.hear(frame_levels(found.mel[channel.counted - start : until], self.analysis), offset, self._segments)

        def shape(mel: np.ndarray, window: int) -> np.ndarray:
            level = channel.level_of(window)
            if level is None:
                return np.zeros_like(mel)
            return self.matched(torch.from_numpy(mel).to(found.mel), level - offset).cpu().numpy()

        change = torch.from_numpy(self._by_window(found.mel.cpu().numpy(), start, shape)).to(found.mel)
        changed = apply_envelope(found.stft, found.mel, found.mel + change, self.analysis, self.config.filter)
        sound, made = (overlap_add(x, self.analysis.stft, len(wave)).cpu().numpy() for x in (found.stft, changed))
        below = scaled - sound  # the frames' means, such as a constant offset
        return (self._as_loud(made, sound, start) + below) * np.float32(channel.peak)

    def _by_window(
        self, frames: np.ndarray, start: int, function: Callable[[np.ndarray, int], np.ndarray]
    ) -> np.ndarray:
        """Return what ``function`` makes of the windows over frames [T, n], cross-faded; 0 before the first window.

        The first frame is number ``start`` of the audio. Windows are counted from the audio's first, too.
        """
        skipped = -start % self._half
        first = start + skipped
        made = whole(frames[skipped:], lambda part, at: function(part, (first + at) // self._half), self._windows)
        return np.pad(made, ((skipped, 0), (0, 0)))

    def _as_loud(self, made: np.ndarray, source: np.ndarray, start: int) -> np.ndarray:
        """Return samples [N] with the energy of ``source``, window by window; they begin with frame ``start``."""
        hop, frames = self.analysis.stft.hop, self.analysis.stft.frames(len(made))
        padded = (np.pad(np.square(each, dtype=np.float64), (0, frames * hop - len(each))) for each in (source, made))
        energies = np.stack([each.reshape(frames, hop).sum(1) for each in padded], axis=1)

        def gain(part: np.ndarray, window: int) -> np.ndarray:
            return np.full((len(part), 1), restoring_gain(*part.T), np.float32)

        level = self._by_window(energies, start, gain)[:, 0]
        smooth = np.interp(np.arange(len(made)) / hop, np.arange(frames), level)
        return made * (10 ** (smooth / 20)).astype(np.float32)

    def orders(self, wave: np.ndarray) -> int | np.ndarray:
        """Return the cepstral order of a signal's frames, [T] or one for all."""
        if self.analysis.order_policy == "speaker":
            return self._order
        grid = self.analysis.stft
        search = self.analysis.f0
        f0 = estimate_f0(wave, grid.rate, grid.shift_ms, search.floor, search.ceiling, search.method)
        return frame_orders(f0, self._order, grid)
