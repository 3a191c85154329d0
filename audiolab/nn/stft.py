"""The short-time Fourier transform that networks work on, of all bins: frame ``t`` is centred at sample ``t · hop``."""

from __future__ import annotations

import torch
from torch import Tensor


def stft(wave: Tensor, n_fft: int, hop: int, window: Tensor) -> Tensor:
    """Return the STFT of waves [B, N], complex64 [B, F, T]: F = n_fft / 2 + 1 bins, T = N // hop + 1 frames.

    Before and behind the wave are zeros.

    Args:
        wave: Floats, N ≥ 1.
        n_fft: Points.
        hop: Samples from frame to frame.
        window: Of as many samples as there are points, [n_fft].
    """
    return torch.stft(wave.float(), n_fft, hop, window=window, pad_mode="constant", return_complex=True)


def check_stft(n_fft: int, hop: int) -> None:
    """Raise `ValueError` for points and a hop of which no inverse gives the signal back."""
    if n_fft % 2 or not 0 < hop <= n_fft // 2:
        raise ValueError(f"n_fft must be even and hop at most half of it, not {n_fft} and {hop}")
