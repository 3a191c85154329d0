"""Source-filter resynthesis: the source's excitation, phase and F0, with the spectral envelope of another voice.

The STFT is multiplied by a zero-phase gain, the difference of two mel envelopes laid over the frequencies. Because both
are smoothed by the same mel filters, envelopes that are equal leave the signal as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from audiolab.config import option
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.mel import hz_to_mel, mel_centres
from audiolab.features.true_envelope import DECIBEL


@dataclass(frozen=True)
class EnvelopeFilterConfig:
    """What is done to the gain before it is applied."""

    limit_db: float = option(24.0, "the change of shape is held within ± this", "dB")
    smooth_frames: int = option(3, "moving average over this many frames, odd; 1 is off")
    max_change_db: float | None = option(None, "most by which the gain changes from frame to frame; null is off", "dB")

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if self.limit_db <= 0 or (self.max_change_db is not None and self.max_change_db <= 0):
            raise ValueError("limit_db and max_change_db must be positive")
        if self.smooth_frames < 1 or self.smooth_frames % 2 == 0:
            raise ValueError(f"smooth_frames {self.smooth_frames} must be odd and positive")

    @property
    def context_frames(self) -> int:
        """Number of frames on either side on which a frame's gain depends."""
        slope = 0 if self.max_change_db is None else int(np.ceil(2 * self.limit_db / self.max_change_db))
        return self.smooth_frames // 2 + slope


def apply_envelope(
    spectrum: Tensor,
    mel_source: Tensor,
    mel_converted: Tensor,
    config: EnvelopeConfig,
    filtering: EnvelopeFilterConfig | None = None,
) -> Tensor:
    """Return the STFT with its mel envelope changed from ``mel_source`` to ``mel_converted``.

    `audiolab.synthesis.overlap_add.overlap_add` makes a signal of it.

    Args:
        spectrum: Complex [..., T, F], the source's STFT.
        mel_source: [..., T, n_mels] in dB, the source's mel envelope.
        mel_converted: [..., T, n_mels] in dB, the envelope it shall have.
        config: What both were analysed with.
        filtering: Limits and smoothing of the gain; None takes the defaults.
    """
    filtering = filtering or EnvelopeFilterConfig()
    difference = (mel_converted - mel_source).clamp(-filtering.limit_db, filtering.limit_db)
    difference = _smooth(_limit_change(difference, filtering.max_change_db), filtering.smooth_frames)
    gain = difference @ interpolation(config).to(difference)
    return spectrum * (gain * DECIBEL).exp()


def context_samples(config: EnvelopeConfig, filtering: EnvelopeFilterConfig) -> int:
    """Return how far, in samples (whole hops), an output sample of analysis, filter and overlap-add can see."""
    frames = -(-config.stft.window // config.stft.hop) + filtering.context_frames
    return frames * config.stft.hop


def interpolation(config: EnvelopeConfig) -> Tensor:
    """Return the matrix [n_mels, F] that lays mel bands over the bins: linear in mel, held beyond the end bands."""
    bins = np.arange(config.stft.bins) * config.stft.rate / config.stft.n_fft
    centres = mel_centres(config.n_mels, config.mel_low_hz, config.mel_high_hz, config.mel_scale)
    x, knots = hz_to_mel(bins, config.mel_scale), hz_to_mel(centres, config.mel_scale)
    rows = [np.interp(x, knots, unit) for unit in np.eye(config.n_mels)]
    return torch.from_numpy(np.stack(rows))


def _smooth(gain: Tensor, frames: int) -> Tensor:
    """Return the moving average over time of [..., T, n]; the end frames are repeated beyond the ends."""
    if frames == 1:
        return gain
    half = frames // 2
    first, last = gain[..., :1, :], gain[..., -1:, :]
    padded = torch.cat([first.expand(*first.shape[:-2], half, -1), gain, last.expand(*last.shape[:-2], half, -1)], -2)
    return padded.unfold(-2, frames, 1).mean(-1)


def _limit_change(gain: Tensor, step: float | None) -> Tensor:
    """Return the curve midway between the tightest ones above and below [..., T, n] of slope ≤ ``step`` a frame.

    It depends on past and future alike, so onsets are not delayed, and is the gain itself where that is slow enough.
    """
    if step is None:
        return gain
    ramp = step * torch.arange(gain.shape[-2], dtype=torch.float64, device=gain.device)[:, None]
    wide = gain.double()

    def below(curve: Tensor) -> Tensor:
        past = torch.cummin(curve - ramp, -2).values + ramp
        future = torch.cummin((curve + ramp).flip(-2), -2).values.flip(-2) - ramp
        return torch.minimum(past, future)

    return ((below(wide) - below(-wide)) / 2).to(gain)
