"""Enhancement of audio, and decisions on its domain, by trained networks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from audiolab.nn.unet import context_of
from audiolab.synthesis.level import Level
from audiolab.synthesis.long_audio import ENDLESS, Pieces, in_pieces
from audiolab.synthesis.streaming import Blocks, Counted, at_once, at_rate, resampled
from audiolab.systems.srst.classifier import DomainClassifier
from audiolab.systems.srst.config import ClassifierConfig, EnhancerConfig
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.training.export import loaded

CHUNK_S = 20.0
"""Seconds that are enhanced at a time, beside their context."""


class Predictor:
    """A trained enhancer.

    Attributes:
        rate: Rate in Hz at which it works; what lies above half of it is lost.
    """

    def __init__(self, config: EnhancerConfig, state: dict[str, Any], device: torch.device) -> None:
        self.config, self.device, self.rate = config, device, config.rate
        self._enhancer = loaded(Enhancer(config), state, device)
        self._grid = self._enhancer.multiple * config.hop
        overlap = -(-config.n_fft // config.hop)  # half a window in the STFT, half a one in its inverse
        self._context = context_of(len(config.widths), overlap) * config.hop

    def enhance(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return the speech in audio, float32, of the same shape, [N] or [N, channels], and rate.

        Channels are enhanced each by itself. A constant offset is no sound: it is taken off, and changes nothing.

        Args:
            wave: Floats with full scale ±1, any length.
            rate: Its rate in Hz.

        Raises:
            AudiolabError: What `audiolab.synthesis.streaming.at_once` refuses.
        """

        def whole(blocks: Iterable[np.ndarray], rate: int) -> Blocks:
            held = list(blocks)
            return self.stream(held, rate, self.level(held, rate))

        return at_once(whole, wave, rate)

    def level(self, blocks: Iterable[np.ndarray], rate: int) -> Level:
        """Return the level of audio in blocks [n, channels] at ``rate``, as it is at the model's rate: for `stream`."""
        return Level.of(resampled(blocks, rate, self.rate))

    def stream(
        self, blocks: Iterable[np.ndarray], rate: int, level: Level | None = None, chunk_s: float = CHUNK_S
    ) -> Blocks:
        """Yield the speech in audio that comes in blocks [n, channels], in bounded memory.

        With the audio's `level` known, pieces fit together as if the audio were enhanced as a whole. A model that was
        trained with ``align_corners`` has to hear the whole first.

        Args:
            blocks: float32 [n, channels] each.
            rate: Their rate in Hz; the result's too.
            level: Of the whole audio; None: of what has been heard so far.
            chunk_s: Seconds that are enhanced at a time; rounded to what the network halves; `delay_s`.
        """
        running = Level()
        chunk = ENDLESS if self.config.align_corners else self._chunk(chunk_s)
        pieces = Pieces(chunk, left=self._context, right=self._context)

        def enhanced(segment: np.ndarray, first: int) -> np.ndarray:
            known = level or running
            return self._enhance(segment, known.mean, known.deviation)

        def process(analysed: Blocks) -> Blocks:
            return in_pieces(analysed if level else running.watch(analysed), enhanced, pieces)

        return at_rate(Counted(blocks), rate, self.rate, process)

    def delay_s(self, chunk_s: float) -> float:
        """Return by how many seconds the output of `stream` is behind its input; endless with ``align_corners``."""
        return math.inf if self.config.align_corners else (self._chunk(chunk_s) + self._context) / self.rate

    def _chunk(self, seconds: float) -> int:
        """Return the samples of a piece: a multiple of what the network halves."""
        return max(1, round(seconds * self.rate / self._grid)) * self._grid

    @torch.no_grad()
    def _enhance(self, segment: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        wave = torch.from_numpy(np.ascontiguousarray((segment - mean).T, dtype=np.float32)).to(self.device)
        scale = torch.from_numpy(deviation).to(self.device, torch.float32).clamp_min(1e-8)
        spectrum, _ = self._enhancer.analyse(wave)
        speech, _ = self._enhancer.synthesise(self._enhancer.encode(spectrum, scale), wave, scale)
        return speech.T.cpu().numpy()


class DomainPredictor:
    """A trained domain classifier with its encoder.

    Attributes:
        rate: Rate in Hz at which it works.
    """

    def __init__(self, config: ClassifierConfig, state: dict[str, Any], device: torch.device) -> None:
        self.rate, self.device = config.enhancer.rate, device
        self._enhancer = loaded(Enhancer(config.enhancer), state["enhancer"], device)
        made = DomainClassifier(config.enhancer, config.classifier)
        self._classifier = loaded(made, state["classifier"], device)

    @torch.no_grad()
    def target_probability(self, mixtures: Tensor) -> Tensor:
        """Return the probability, float64 [B], that mixtures [B, N] at the model's rate are of the target domain.

        In float32 all that have a logit over 17 would be 1, and could not be ranked.
        """
        features = self._enhancer.encode(*self._enhancer.analyse(mixtures.to(self.device)))
        return self._classifier(features[-1]).double().sigmoid().cpu()
