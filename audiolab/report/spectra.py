"""Short-time spectra of several versions of an utterance below each other."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.figure import Figure

from audiolab.features.envelope_config import StftConfig
from audiolab.features.stft import full_scale, stft
from audiolab.report.players import Sound
from audiolab.report.plots import Spectrogram, spectrograms

WINDOW_MS, HOP_MS = 32.0, 8.0
FLOOR = 1e-6
"""Full scale; the least magnitude."""


def spectra(clips: Mapping[str, Sound], seconds: float) -> Figure:
    """Return the spectra in dB of full scale of the first ``seconds`` of each clip, which share one colour scale."""
    panels = {}
    for name, clip in clips.items():
        wave, rate = clip.load()
        panels[name] = [_spectrum(wave[: round(seconds * rate)], rate)]
    return spectrograms(panels, ("",))


def _spectrum(wave: np.ndarray, rate: int) -> Spectrogram:
    grid = StftConfig(rate, WINDOW_MS, HOP_MS, n_fft=2 * math.ceil(round(WINDOW_MS * rate / 1000) / 2))
    magnitude = stft(torch.from_numpy(np.asarray(wave, dtype=np.float32)), grid).abs().numpy() * full_scale(grid)
    frequencies = np.arange(grid.bins) * rate / grid.n_fft
    return Spectrogram(20 * np.log10(np.maximum(magnitude, FLOOR)), grid.hop / rate, frequencies)
