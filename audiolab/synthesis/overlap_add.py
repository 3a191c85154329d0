"""Weighted overlap-add: from an STFT, modified or not, back to the signal."""

from __future__ import annotations

import torch
from torch import Tensor

from audiolab.features.envelope_config import StftConfig
from audiolab.features.stft import hann


def overlap_add(spectrum: Tensor, config: StftConfig, length: int) -> Tensor:
    """Return the signal whose STFT is nearest to ``spectrum`` in the least-squares sense (Griffin and Lim, 1984).

    Each frame is weighted with the analysis window again and the sum is divided by the sum of the squared windows that
    really lie over each sample, ends included, so an unmodified STFT gives its signal back.

    Args:
        spectrum: Complex [..., T, F], from `audiolab.features.stft.stft`.
        config: The grid of that STFT.
        length: Number of samples N to return; T = 1 + N // hop frames are needed.

    Returns:
        [..., N].
    """
    if spectrum.shape[-2] != config.frames(length):
        raise ValueError(f"{length} samples have {config.frames(length)} frames, not {spectrum.shape[-2]}")
    flat = spectrum.reshape(-1, *spectrum.shape[-2:]).transpose(-1, -2)
    wave = torch.istft(
        flat,
        n_fft=config.n_fft,
        hop_length=config.hop,
        win_length=config.window,
        window=hann(config, spectrum),
        center=True,
        length=length,
    )
    return wave.reshape(*spectrum.shape[:-2], length)
