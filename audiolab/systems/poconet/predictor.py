"""Separation of audio by a trained network."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch

from audiolab.data.stem_dir import SOURCES
from audiolab.synthesis.level import Level
from audiolab.synthesis.long_audio import Pieces, in_pieces
from audiolab.synthesis.streaming import Blocks, Counted, Held, at_once, at_rate, resampled
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.separator import Separator
from audiolab.training.export import loaded

CHUNK_S = 10.0
"""Seconds that the network hears at a time: as long as the longest windows that the paper trains on."""

OVERLAP = 0.25
"""Share of them that it heard in the chunk before, too."""


class Predictor:
    """A trained separator.

    Attributes:
        rate: Rate in Hz at which it works.
        sources: What it separates a mixture into.
    """

    sources = SOURCES

    def __init__(self, config: PoCoNetConfig, state: dict[str, Any], device: torch.device) -> None:
        self.rate, self.device = config.rate, device
        self._separator = loaded(Separator(config), state, device)
        self._grid = self._separator.multiple * config.hop
        self._reach = config.n_fft  # half a window in the STFT, half a one in its inverse
        half = config.n_fft // 2
        self._scale = math.sqrt(half / (half + 1) * float(self._separator.window.square().sum()))

    def separate(
        self,
        wave: np.ndarray,
        rate: int,
        *,
        high_band: bool = True,
        chunk_s: float = CHUNK_S,
        overlap: float = OVERLAP,
    ) -> dict[str, np.ndarray]:
        """Return each source of a mixture, float32, of its shape, [N] or [N, channels], and rate.

        Channels are separated each by itself, with its own masks and level. A gain of the mixture is that of the
        sources. A constant offset is no sound: it is taken off, and changes nothing.

        Args:
            wave: Floats with full scale ±1, any length.
            rate: Its rate in Hz.
            high_band: As for `stream`, as all that follows.
            chunk_s: Seconds that are heard at a time.
            overlap: Share of them.

        Raises:
            AudiolabError: What `audiolab.synthesis.streaming.at_once` refuses.
        """

        def whole(blocks: Iterable[np.ndarray], rate: int) -> Blocks:
            held = list(blocks)
            return self.stream(held, rate, self.level(held, rate), high_band, chunk_s, overlap)

        made = at_once(whole, wave, rate)
        parts = made.reshape(len(made), len(self.sources), *np.shape(wave)[1:])
        return {source: parts[:, number] for number, source in enumerate(self.sources)}

    def level(self, blocks: Iterable[np.ndarray], rate: int) -> Level:
        """Return the level of audio in blocks [n, channels] at ``rate``, as it is at the model's rate: for `stream`."""
        return Level.of(resampled(blocks, rate, self.rate))

    def stream(
        self,
        blocks: Iterable[np.ndarray],
        rate: int,
        level: Level | None = None,
        high_band: bool = True,
        chunk_s: float = CHUNK_S,
        overlap: float = OVERLAP,
    ) -> Blocks:
        """Yield the sources of a mixture that comes in blocks [n, channels], in bounded memory.

        Yields float32 [n, sources, channels], n in sum as many as came. Of the overlap of two chunks the later one is
        given the first half, as what was before, and goes over from the former in the second.

        Args:
            blocks: floats [n, channels] each.
            rate: Their rate in Hz; the result's too.
            level: Of the whole audio; None: of what has been heard so far.
            high_band: Whether the accompaniment, the last source, keeps of the mixture what lies above half of the
                model's rate, and with it whatever resampling there and back loses. Else no source has it.
            chunk_s: Seconds that the network hears at a time, which memory grows with; rounded to what it halves.
            overlap: Share of a chunk that lies in the one before, 0 to 0.5.
        """
        running, kept = Level(), high_band and rate != self.rate

        def separated(segment: np.ndarray, first: int) -> np.ndarray:
            known = level or running
            made = self._separate(segment, known.mean, known.deviation)
            return np.concatenate([made, segment[:, None]], axis=1) if kept else made

        def process(analysed: Blocks) -> Blocks:
            heard = analysed if level else running.watch(analysed)
            return in_pieces(heard, separated, self._pieces(chunk_s, overlap))

        held = Held(blocks) if kept else blocks
        made = at_rate(Counted(held), rate, self.rate, process)
        return _with_the_rest(made, held) if kept else made

    def _pieces(self, chunk_s: float, overlap: float) -> Pieces:
        """Return how chunks are cut: they begin at multiples of what the network halves."""
        least = -(-self._reach // self._grid)
        chunk = max(least + 1, round(chunk_s * self.rate / self._grid))
        shared = max(least, round(overlap * chunk))
        left = max(least, (shared + 1) // 2)
        return Pieces((chunk - left) * self._grid, left * self._grid, self._reach, (shared - left) * self._grid)

    @torch.no_grad()
    def _separate(self, segment: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Return the sources of a chunk [n, channels], [n, sources, channels]; memory is that of one channel."""
        waves = np.ascontiguousarray((segment - mean).T, dtype=np.float32)
        scales = torch.from_numpy(self._scale * deviation).float()
        made = [
            self._separator.separate(torch.from_numpy(wave[None]).to(self.device), scale[None].to(self.device))[0].cpu()
            for wave, scale in zip(waves, scales)
        ]
        return torch.stack(made).permute(2, 1, 0).numpy()


def _with_the_rest(made: Blocks, mixture: Held) -> Blocks:
    """Yield blocks [n, sources, channels] of those [n, sources + 1, channels] whose last is the mixture as it was seen.

    The last source is given what the mixture itself has beyond that.
    """
    for block in made:
        block[:, -2] += mixture.take(len(block)) - block[:, -1]
        yield block[:, :-1]
