"""AutoVC's mel spectrogram: high-pass, a trace of noise, STFT magnitude, mel bands, dB, scaled to 0 … 1."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, filtfilt, get_window

from audiolab.errors import AudiolabError
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.features.mel import sampled_filters

_BLOCK = 4096
"""Frames whose spectra are in memory at a time."""


class LogMel:
    """Extractor that holds window, filter and mel bank.

    Attributes:
        config: How it analyses.
        filters: [n_mels, n_fft // 2 + 1] float64, applied to magnitudes.
    """

    def __init__(self, config: LogMelConfig) -> None:
        self.config = config
        self.filters = sampled_filters(config.rate, config.n_fft, config.n_mels, config.mel_low_hz, config.mel_high_hz)
        self._window = get_window("hann", config.n_fft)
        self._highpass = None
        if config.highpass_hz:
            self._highpass = butter(config.highpass_order, 2 * config.highpass_hz / config.rate, "highpass")

    def __call__(self, wave: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return mel spectrograms, [..., T, n_mels] float32 in 0 … 1, T = 1 + N // hop.

        Args:
            wave: Signals [..., N] at the config's rate, full scale ±1, longer than the padding of the high-pass
                (19 samples with the defaults).
            generator: For the noise (`LogMelConfig.dither`).

        Raises:
            AudiolabError: The signals are shorter.
        """
        samples = self.prepared(wave, generator)
        margin = self.config.n_fft // 2
        padded = np.pad(samples, [(0, 0)] * (samples.ndim - 1) + [(margin, margin)], mode="reflect")
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.config.n_fft, axis=-1)
        frames = frames[..., :: self.config.hop, :]
        parts = [self._levels(frames[..., n : n + _BLOCK, :]) for n in range(0, frames.shape[-2], _BLOCK)]
        return np.concatenate(parts, axis=-2)

    def prepared(self, wave: np.ndarray, generator: np.random.Generator) -> np.ndarray:
        """Return signals [..., N], float64, as the STFT gets them: without what is below the high-pass, with noise."""
        samples = np.asarray(wave, np.float64)
        if self._highpass is not None:
            least = 3 * len(self._highpass[0]) + 1
            if samples.shape[-1] < least:
                raise AudiolabError(
                    f"{samples.shape[-1]} samples, and the high-pass takes {least} or more: leave it out"
                )
            samples = filtfilt(*self._highpass, samples, axis=-1)
        samples = self.config.gain * samples
        if self.config.dither:
            samples = samples + self.config.dither * (generator.random(samples.shape) - 0.5)
        return samples

    def _levels(self, frames: np.ndarray) -> np.ndarray:
        """Return the scaled levels [..., T, n_mels] of frames [..., T, n_fft]."""
        config = self.config
        mel = np.abs(np.fft.rfft(frames * self._window)) @ self.filters.T
        level = 20 * np.log10(np.maximum(mel, config.floor)) - config.reference_db
        return np.clip((level + config.range_db) / config.range_db, 0, 1).astype(np.float32)
