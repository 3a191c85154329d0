"""Mel-frequency cepstra and their derivatives, as recognisers and aligners take them."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from audiolab.features.mel import mel_filters
from audiolab.features.mfcc_config import MfccConfig

_BLOCK = 4096
"""Frames whose spectra are in memory at a time."""


class Mfcc:
    """Extractor that holds window, filters and cosines.

    Attributes:
        config: How it analyses.
    """

    def __init__(self, config: MfccConfig) -> None:
        self.config = config
        length = round(config.window_ms / 1000 * config.rate)
        self._window = torch.hamming_window(length, periodic=False, dtype=torch.float64)
        self._fft = 1 << (length - 1).bit_length()
        filters = mel_filters(config.rate, self._fft, config.n_mels, 0.0, config.rate / 2)
        self._filters = torch.from_numpy(filters)
        bands = torch.arange(config.n_mels, dtype=torch.float64) + 0.5
        orders = torch.arange(config.order + 1, dtype=torch.float64)
        self._cosines = torch.cos(torch.pi / config.n_mels * bands[:, None] * orders) * math.sqrt(2 / config.n_mels)

    def __call__(self, wave: Tensor) -> Tensor:
        """Return the cepstra 0 to ``order`` of a signal [N], full scale ±1, N ≥ 1: float32 [T, order + 1]."""
        config = self.config
        samples = wave.to(torch.float64)
        samples = samples - config.preemphasis * torch.cat([samples[:1], samples[:-1]])
        frames = config.frames(len(samples))
        shift = config.shift_ms / 1000 * config.rate
        starts = ((torch.arange(frames, dtype=torch.float64) + 0.5) * shift - len(self._window) / 2).round().long()
        margin = len(self._window)
        padded = torch.nn.functional.pad(samples, (margin, 2 * margin + math.ceil(shift)))
        windows = padded.unfold(0, len(self._window), 1)
        parts = [self._cepstra(windows[starts[n : n + _BLOCK] + margin]) for n in range(0, frames, _BLOCK)]
        return torch.cat(parts)

    def _cepstra(self, frames: Tensor) -> Tensor:
        spectrum = torch.fft.rfft(frames * self._window, self._fft)
        full_scale = (self._window.sum() / 2) ** 2
        powers = (spectrum.real.square() + spectrum.imag.square()) @ self._filters.T / full_scale
        logs = (powers + 10 ** (self.config.floor_db / 10)).log()
        return (logs @ self._cosines).float()


def with_derivatives(cepstra: Tensor, config: MfccConfig) -> Tensor:
    """Return cepstra [T, C] with their first and second derivatives beside them, [T, 3 C].

    A derivative is the slope of the line through the frames that lie at most ``delta_ms`` off; beyond its ends a signal
    stays as it is there.
    """
    reach = max(1, round(config.delta_ms / config.shift_ms))
    first = _slopes(cepstra, reach)
    return torch.cat([cepstra, first, _slopes(first, reach)], dim=1)


def _slopes(values: Tensor, reach: int) -> Tensor:
    offsets = torch.arange(-reach, reach + 1, dtype=values.dtype)
    padded = torch.cat([values[:1].expand(reach, -1), values, values[-1:].expand(reach, -1)])
    return padded.unfold(0, 2 * reach + 1, 1) @ (offsets / offsets.square().sum())
