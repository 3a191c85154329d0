"""The mel envelope: true envelope of every frame, integrated over mel filters, in dB of full scale."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from audiolab.features import mel
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.stft import centred_stft, full_scale
from audiolab.features.true_envelope import DECIBEL, true_envelope


class Analysis(NamedTuple):
    """What `MelEnvelope` gives for a signal.

    Attributes:
        stft: Complex [T, F], not scaled, of frames without their means (`centred_stft`).
        log_envelope: [T, F], natural log of amplitude re full scale.
        mel: [T, n_mels], dB re full scale.
    """

    stft: Tensor
    log_envelope: Tensor
    mel: Tensor


class MelEnvelope:
    """Extractor that holds the filter bank on one device.

    Attributes:
        config: How it analyses.
        device: Where it computes, and where its results are.
        filters: [F, n_mels] float32, applied to amplitudes.
    """

    def __init__(self, config: EnvelopeConfig, device: torch.device | str = "cpu") -> None:
        self.config = config
        self.device = torch.device(device)
        filters = mel.mel_filters(
            config.stft.rate,
            config.stft.n_fft,
            config.n_mels,
            config.mel_low_hz,
            config.mel_high_hz,
            config.mel_scale,
            config.mel_norm,
        )
        self.filters = torch.from_numpy(filters.T).to(self.device, torch.float32).contiguous()

    @torch.no_grad()
    def __call__(
        self, wave: Tensor | np.ndarray, order: int | Tensor | np.ndarray, highest: float | None = None
    ) -> Analysis:
        """Return STFT, true envelope and mel envelope of a signal; a constant offset is in none of them.

        Args:
            wave: [N], mono, full scale ±1, at the config's rate.
            order: Cepstral order, one for all frames or [T]; see `order_for`.
            highest: Where the data end, in Hz, in audio that was recorded at a lower rate. The spectrum is mirrored
                there, for an envelope would ring before the cliff; the mel bands above mean nothing. None: nowhere.
        """
        config = self.config
        samples = torch.as_tensor(wave).to(self.device, torch.float32)
        spectrum = centred_stft(samples, config.stft)
        floor = 10 ** (config.floor_db / 20)
        power = torch.addcmul(spectrum.real.square(), spectrum.imag, spectrum.imag).mul_(full_scale(config.stft) ** 2)
        log_amplitude = power.clamp_(min=floor**2).log_().mul_(0.5)
        lowest = -(-2 * config.stft.n_fft // config.stft.window)  # below lies the window's main lobe, less the mean
        log_amplitude[:, :lowest] = log_amplitude[:, lowest, None]
        if highest is not None:
            log_amplitude = log_amplitude[:, _mirrored(int(highest * config.stft.n_fft / config.stft.rate), config)]
        if isinstance(order, np.ndarray) and order.ndim:
            order = torch.from_numpy(order)
        log_envelope = true_envelope(
            log_amplitude,
            order if isinstance(order, Tensor) else int(order),
            config.tolerance_db,
            config.max_iterations,
        )
        bands = log_envelope.exp() @ self.filters
        return Analysis(spectrum, log_envelope, bands.clamp_(min=floor).log_() / DECIBEL)

    def features(self, wave: np.ndarray, order: int | np.ndarray) -> np.ndarray:
        """Return the mel envelope of a signal as it is stored, [T, n_mels] float32 in the config's scale."""
        return to_scale(self(wave, order).mel, self.config).cpu().numpy()


def _mirrored(last: int, config: EnvelopeConfig) -> Tensor:
    """Return the bins [F] that stand where the spectrum is mirrored at bin ``last``, as often as it takes."""
    place = torch.arange(config.stft.bins) % (2 * last)
    return torch.minimum(place, 2 * last - place)


def to_scale(mel_db: Tensor | np.ndarray, config: EnvelopeConfig) -> Tensor | np.ndarray:
    """Return a mel envelope in dB as it is stored: unchanged, or as linear amplitude (``scale: linear``)."""
    return mel_db if config.scale == "db" else 10 ** (mel_db / 20)


def to_db(stored: Tensor | np.ndarray, config: EnvelopeConfig) -> Tensor | np.ndarray:
    """Return stored features in dB, with the config's floor; the inverse of `to_scale`."""
    if config.scale == "db":
        return stored
    floor = 10 ** (config.floor_db / 20)
    if isinstance(stored, Tensor):
        return 20 * stored.clamp(min=floor).log10()
    return 20 * np.log10(np.maximum(stored, floor))
