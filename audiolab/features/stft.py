"""Short-time Fourier transform on a grid that F0 and envelopes share: frame ``t`` is centred on sample ``t · hop``."""

from __future__ import annotations

import torch
from torch import Tensor

from audiolab.features.envelope_config import StftConfig


def hann(config: StftConfig, like: Tensor) -> Tensor:
    """Return the periodic Hann window [window] in the precision and on the device of ``like``."""
    return torch.hann_window(config.window, dtype=like.real.dtype, device=like.device)


def stft(wave: Tensor, config: StftConfig) -> Tensor:
    """Return the STFT of signals of any length; what lies before and after a signal counts as zero.

    Args:
        wave: [..., N], N ≥ 1.
        config: The grid.

    Returns:
        Complex [..., T, F], T = 1 + N // hop; not scaled (`full_scale` gives the factor to dB of full scale).
    """
    flat = wave.reshape(-1, wave.shape[-1])
    spectrum = torch.stft(
        flat,
        n_fft=config.n_fft,
        hop_length=config.hop,
        win_length=config.window,
        window=hann(config, wave),
        center=True,
        pad_mode="constant",
        return_complex=True,
    )
    return spectrum.transpose(-1, -2).reshape(*wave.shape[:-1], -1, config.bins)


def centred_stft(wave: Tensor, config: StftConfig) -> Tensor:
    """Return the STFT of frames without their means, as `stft` has it.

    A mean is weighted by the window, over those of a frame's samples that the signal has. So a constant offset of the
    signal changes nothing, at its ends neither; of speech next to nothing is lost, for it has nothing below 20 Hz.
    """
    spectrum, ones = stft(wave, config), _of_ones(wave, config)
    return torch.addcmul(spectrum, spectrum[..., :1] / ones[..., :1], ones, value=-1)


def _of_ones(wave: Tensor, config: StftConfig) -> Tensor:
    """Return the STFT [T, F] of ones, as many as ``wave`` has samples: frames away from the ends are all the same."""
    samples, frames = wave.shape[-1], config.frames(wave.shape[-1])
    edge = -(-config.window // config.hop)
    left_out = max(0, frames - 2 * edge - 2)
    few = stft(wave.new_ones(samples - left_out * config.hop), config)
    frame = torch.arange(frames, device=wave.device)
    return few[torch.maximum(frame.clamp(max=edge), frame - left_out)]


def full_scale(config: StftConfig) -> float:
    """Return what |STFT| is multiplied by so that a full-scale sinusoid has amplitude 1 (0 dB)."""
    return 2 / float(torch.hann_window(config.window, dtype=torch.float64).sum())
