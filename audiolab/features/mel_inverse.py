"""From AutoVC's mel spectrogram back to STFT magnitudes, as far as there is a way back.

Levels from 0 to 1 give the bands' magnitudes, but for those that were clipped. The bands' magnitudes ``W s`` do not
give the bins' ``s``: there are 80 of the ones and 513 of the others. Of the magnitudes that are not negative and have
these bands, those near a flat spectrum within each band are taken, by Richardson's and Lucy's iteration. Unlike least
squares it takes quiet bands as seriously as loud ones, and unlike the pseudo-inverse it leaves no bin empty that a band
has. What lies outside of all bands, below `LogMelConfig.mel_low_hz` and above ``mel_high_hz``, is lost.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel import sampled_filters

ITERATIONS = 10
"""After so many the bands are met to 0.02 dB on average, on speech."""

_TINY = 1e-12


def log_magnitudes(mel: Tensor, config: LogMelConfig) -> Tensor:
    """Return the natural logarithm of the bands' magnitudes, of levels of any shape.

    Levels outside 0 … 1 are clipped. Magnitudes are those of the signal as it was analysed, with `LogMelConfig.gain`.
    """
    decibels = config.range_db * (mel.clamp(0, 1) - 1) + config.reference_db
    return decibels * (math.log(10) / 20)


class MelInverse:
    """The way back, with the filters that it needs.

    Args:
        config: How the mel spectrograms were made.
        device: Where they are.
        iterations: Of Richardson's and Lucy's; 0: each band's level is that of all its bins.
    """

    def __init__(self, config: LogMelConfig, device: torch.device | str = "cpu", iterations: int = ITERATIONS) -> None:
        self.config, self.iterations = config, iterations
        filters = sampled_filters(config.rate, config.n_fft, config.n_mels, config.mel_low_hz, config.mel_high_hz)
        self._filters = torch.from_numpy(filters).float().to(device)

    def __call__(self, mel: Tensor) -> Tensor:
        """Return magnitudes [..., T, n_fft // 2 + 1] of the STFT of the recorded signal, of levels [..., T, n_mels].

        They are those of a periodic Hann window that is not scaled, and of the signal before `LogMelConfig.gain`.
        """
        bands = log_magnitudes(mel, self.config).exp() / self.config.gain
        weight = self._filters.sum(0).clamp_min(_TINY)
        found = (bands / self._filters.sum(1)) @ self._filters / weight
        for _ in range(self.iterations):
            found = found * ((bands / (found @ self._filters.T).clamp_min(_TINY)) @ self._filters) / weight
        return found
