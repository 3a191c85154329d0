"""Voice conversion by envelope: any mapping of mel envelopes, applied to audio of any length, level and channel count.

Knows no paper: the mapping is a function of mel envelopes in dB. The source's excitation, phase and loudness are kept.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolab.config import option
from audiolab.errors import AudiolabError
from audiolab.features.envelope import Analysis, MelEnvelope
from audiolab.features.envelope_config import EnvelopeConfig, frame_orders
from audiolab.features.f0 import estimate_f0
from audiolab.features.speech_level import ActiveLevel, frame_levels
from audiolab.features.speech_profile import LEAST_RATE, SpeechProfile, highest_hz
from audiolab.samples import check_rate
from audiolab.synthesis.envelope_filter import EnvelopeFilterConfig, apply_envelope, context_samples
from audiolab.synthesis.level_match import LevelMatched, Mapping, restoring_gain
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.long_audio import Pieces, faded, in_pieces
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
    of it, whose changes of the envelope, in dB, are cross-faded in straight lines. So are their gains in dB, one a
    window, with which its own change keeps its energy. A window's level is that of the speech up to its end, of each
    channel by itself. So the result is the same whether the audio comes as a whole or in blocks, and a gain of the
    audio is the same gain of the result. A window up to whose end there was but steady noise (`ActiveLevel.spoken`)
    stays as it is.

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
        counted, segments = Counted(blocks), self.segments(rate)
        converted = at_rate(
            counted, rate, self.analysis.stft.rate, lambda each: in_pieces(each, segments, segments.pieces)
        )
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

    Attributes:
        peak: Of all that was heard, without the mean of its segment.
        level: Active level of what was heard up to the end of the last window, dB of full scale; None as long as that
            was no speech.
    """

    def __init__(self, analysis: EnvelopeConfig) -> None:
        self.peak = 0.0
        self.level: float | None = None
        self._counted = 0  # frames that have gone into the level
        self._first: float | None = None  # offset from which levels are counted: a gain moves no frame to another bin
        self._heard = ActiveLevel(analysis)
        self._begin = 0
        self._changes: np.ndarray | None = None

    def hear(self, levels: Tensor, start: int, end: int, offset: float) -> None:
        """Count those frames before frame ``end`` in that were not yet.

        Args:
            levels: Of frames from number ``start`` on, in dB; [T].
            start: The first one's number.
            end: Where the window ends that they are heard for.
            offset: By which the levels are raised.
        """
        self._first = offset if self._first is None else self._first
        self._heard.add(levels[self._counted - start : end - start], offset - self._first)
        self.level = self._heard.value + self._first if self._heard.spoken else None
        self.skip(start + len(levels), end)

    def skip(self, *ends: int) -> None:
        """Leave frames before the first of ``ends`` out of the level."""
        self._counted = max(self._counted, min(ends))

    def change(self, window: np.ndarray, at: int) -> None:
        """Let the changes of a window that begins with frame ``at``, [T, n], come out of those of the one before."""
        if self._changes is not None:
            window = np.concatenate(
                [self._changes[: at - self._begin], faded(self._changes[at - self._begin :], window)]
            )
        self._changes = window

    def changes(self, start: int, count: int) -> np.ndarray:
        """Return the changes of ``count`` frames [count, n] from frame ``start`` on, and forget those before it."""
        self._begin, self._changes = start, self._changes[start - self._begin :]
        return np.pad(self._changes, ((0, max(0, count - len(self._changes))), (0, 0)), mode="edge")[:count]


class Segments:
    """One signal's conversion, segment by segment, as `in_pieces` calls it.

    A segment brings the windows that begin in it, each with all of its frames. So each is mapped once, has one change
    and one gain, and goes with those into the segments that it reaches.

    Attributes:
        pieces: How the signal is to be cut. A segment ends before what the next windows' first frames can be heard in.
        matched: The mapping at any level.
    """

    def __init__(self, converter: EnvelopeConverter, rate: int) -> None:
        self.analysis, self.config = converter.analysis, converter.config
        self._order, self._extract = converter.order, converter.extract
        self._highest = highest_hz(rate, converter.analysis)
        self.matched = LevelMatched(
            converter.mapping, converter.profile, converter.analysis, converter.config.filter.limit_db, self._highest
        )
        self._channels: list[_Channel] = []
        self._half = converter.config.window_frames // 2
        hop, margin = converter.analysis.stft.hop, context_samples(converter.analysis, converter.config.filter)
        self._at_once = margin // (self._half * hop) + 1  # windows of a segment
        length = self._at_once * self._half * hop
        self.pieces = Pieces(length, left=margin, right=self._half * hop + 2 * margin, first=length - margin)
        self._segments = 0

    @torch.no_grad()
    def __call__(self, segment: np.ndarray, first: int) -> np.ndarray:
        """Return the converted segment, [n, channels]; it begins with sample ``first``. The calls are in order."""
        self._channels = self._channels or [_Channel(self.analysis) for _ in segment.T]
        pairs = zip(segment.T, self._channels)
        converted = [self._convert(np.ascontiguousarray(wave), first, channel) for wave, channel in pairs]
        self._segments += 1
        return np.stack(converted, axis=1)

    def told(self, converted: Blocks) -> Blocks:
        """Yield what was made; at the end, warn of channels that are as they were."""
        yield from converted
        for number, channel in enumerate(self._channels, 1):
            if channel.peak and channel.level is None:
                logger.warning("channel %d stays as it is: no speech is heard in it, steady noise at most", number)

    def _convert(self, wave: np.ndarray, first: int, channel: _Channel) -> np.ndarray:
        """Convert a channel; it is analysed at one peak, so that nothing depends on its gain, rounding included."""
        mean = wave.mean(dtype=np.float64).astype(np.float32)  # a constant offset is no sound
        channel.peak = max(channel.peak, float(np.abs(wave - mean).max()))
        grid = self.analysis.stft
        start, frames = first // grid.hop, grid.frames(len(wave))
        windows = self._windows(start + frames)
        if channel.peak == 0:
            for at in windows:
                silent = min(2 * self._half, start + frames - at)
                channel.change(np.zeros((silent, self.analysis.n_mels + 1), np.float32), at)
                channel.skip(start + frames, at + 2 * self._half)
            return wave.copy()
        scaled = wave / np.float32(channel.peak)
        offset = 20 * float(np.log10(channel.peak))
        found = self._extract(scaled, self.orders(scaled), self._highest)
        sound = overlap_add(found.stft, grid, len(wave)).cpu().numpy()
        levels = frame_levels(found.mel, self.analysis)
        for at in windows:
            channel.hear(levels, start, at + 2 * self._half, offset)
            channel.change(self._change(found, sound, at - start, channel.level, offset), at)
        *change, gain = channel.changes(start, frames).T
        made = self._changed(found.stft, found.mel, np.stack(change, axis=1), len(wave))
        smooth = np.interp(np.arange(len(made)) / grid.hop, np.arange(frames), gain)
        made = made * (10 ** (smooth / 20)).astype(np.float32)
        below = scaled - sound  # the frames' means, such as a constant offset
        return (made + below) * np.float32(channel.peak)

    def _windows(self, end: int) -> list[int]:
        """Return the first frames of the windows that begin in this segment, of audio that is known up to ``end``."""
        numbers = self._at_once * self._segments + np.arange(self._at_once)
        return [int(number) * self._half for number in numbers if number == 0 or (number + 1) * self._half < end]

    def _change(self, found: Analysis, sound: np.ndarray, at: int, level: float | None, offset: float) -> np.ndarray:
        """Return a window's change of shape and, in the last column, the gain after which it is as loud as it was; dB.

        The gain is that of the window's own frames, changed by nothing else: [T, n_mels + 1].
        """
        part, hop = slice(at, at + 2 * self._half), self.analysis.stft.hop
        stft, mel = found.stft[part], found.mel[part]
        if level is None:
            return np.zeros((len(mel), mel.shape[1] + 1), np.float32)
        shape = self.matched(mel, level - offset).cpu().numpy()
        source = sound[at * hop :][: len(mel) * hop - 1]  # as long as it has so many frames
        made = self._changed(stft, mel, shape, len(source))
        gain = restoring_gain(*(np.square(each, dtype=np.float64) for each in (source, made)))
        return np.pad(shape, ((0, 0), (0, 1)), constant_values=np.float32(gain))

    def _changed(self, stft: Tensor, mel: Tensor, change: np.ndarray, length: int) -> np.ndarray:
        """Return the signal, [length], of frames [T, F] whose mel envelope changes by [T, n_mels] dB."""
        converted = mel + torch.from_numpy(change).to(mel)
        changed = apply_envelope(stft, mel, converted, self.analysis, self.config.filter)
        return overlap_add(changed, self.analysis.stft, length).cpu().numpy()

    def orders(self, wave: np.ndarray) -> int | np.ndarray:
        """Return the cepstral order of a signal's frames, [T] or one for all."""
        if self.analysis.order_policy == "speaker":
            return self._order
        grid = self.analysis.stft
        search = self.analysis.f0
        f0 = estimate_f0(wave, grid.rate, grid.shift_ms, search.floor, search.ceiling, search.method)
        return frame_orders(f0, self._order, grid)
