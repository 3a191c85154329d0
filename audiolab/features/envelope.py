"""The mel envelope: true envelope of every frame, integrated over mel filters, in dB of full scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from audiolab.config import option
from audiolab.features import mel
from audiolab.features.f0 import F0Config
from audiolab.features.stft import StftConfig, full_scale, stft
from audiolab.features.true_envelope import DECIBEL, true_envelope


@dataclass(frozen=True)
class EnvelopeConfig:
    """How speech becomes mel envelopes."""

    stft: StftConfig = field(default_factory=StftConfig)
    f0: F0Config = field(default_factory=F0Config)
    n_mels: int = option(32, "number of mel bands")
    mel_low_hz: float = option(0.0, "lower end of the first band", "Hz")
    mel_high_hz: float = option(8000.0, "upper end of the last band, at most half the rate", "Hz")
    mel_scale: Literal["htk", "slaney"] = option("htk", "mel formula")
    mel_norm: Literal["sum", "energy"] = option("sum", "filters have weights of sum 1, or of squared sum 1")
    scale: Literal["db", "linear"] = option("db", "what is stored: dB of full scale, or linear amplitude")
    floor_db: float = option(-100.0, "amplitudes below are raised to it, re full scale", "dB")
    order_policy: Literal["speaker", "frame"] = option(
        "speaker", "cepstral order from the speaker's highest F0, or frame by frame (the speaker's where unvoiced)"
    )
    tolerance_db: float = option(2.0, "most by which the spectrum may exceed its true envelope", "dB")
    max_iterations: int = option(200, "most updates of a frame's true envelope")

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if not 0 <= self.mel_low_hz < self.mel_high_hz <= self.stft.rate / 2:
            raise ValueError(f"mel bands must lie within 0 … {self.stft.rate / 2:g} Hz: set mel_low_hz and mel_high_hz")
        if self.n_mels < 1 or self.tolerance_db <= 0 or self.max_iterations < 0:
            raise ValueError("n_mels and tolerance_db must be positive and max_iterations not negative")
        if self.floor_db >= 0:
            raise ValueError(f"floor_db {self.floor_db} must be below 0 dB, full scale")


class Analysis(NamedTuple):
    """What `MelEnvelope` gives for a signal.

    Attributes:
        stft: Complex [T, F], not scaled.
        log_envelope: [T, F], natural log of amplitude re full scale.
        mel: [T, n_mels], dB re full scale.
    """

    stft: Tensor
    log_envelope: Tensor
    mel: Tensor


def order_for(f0: float | np.ndarray, config: StftConfig) -> np.ndarray:
    """Return the largest cepstral order that cannot resolve harmonics of ``f0``: ``floor(rate / (2 f0))``.

    F0 so low that its period does not fit the FFT gives n_fft / 4, the most the true envelope is meant for.

    Args:
        f0: Hz, > 0, a scalar or an array.
        config: The grid.
    """
    f0 = np.asarray(f0, np.float64)
    if not (f0 > 0).all():
        raise ValueError("an order needs an F0 above 0 Hz; fill unvoiced frames first")
    return np.minimum(config.rate // (2 * f0), config.n_fft // 4).astype(np.int64)


def frame_orders(f0: np.ndarray, ceiling: float, config: StftConfig) -> np.ndarray:
    """Return the order of each frame [T] from its F0; where unvoiced (0), that of the speaker's ``ceiling``."""
    return order_for(np.where(f0 > 0, f0, ceiling), config)


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
        self.filters = filters.T.to(self.device, torch.float32).contiguous()

    @torch.no_grad()
    def __call__(self, wave: Tensor | np.ndarray, order: int | Tensor | np.ndarray) -> Analysis:
        """Return STFT, true envelope and mel envelope of a signal.

        Args:
            wave: [N], mono, full scale ±1, at the config's rate.
            order: Cepstral order, one for all frames or [T]; see `order_for`.
        """
        config = self.config
        samples = torch.as_tensor(wave).to(self.device, torch.float32)
        spectrum = stft(samples, config.stft)
        floor = 10 ** (config.floor_db / 20)
        power = torch.addcmul(spectrum.real.square(), spectrum.imag, spectrum.imag).mul_(full_scale(config.stft) ** 2)
        log_amplitude = power.clamp_(min=floor**2).log_().mul_(0.5)
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
