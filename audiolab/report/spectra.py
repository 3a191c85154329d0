"""Short-time spectra of several versions of an utterance below each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from markupsafe import Markup
from matplotlib.figure import Figure

from audiolab.features.envelope_config import StftConfig
from audiolab.features.stft import full_scale, stft
from audiolab.report import page
from audiolab.report.players import Item, Sound
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


def spectra_by_group(heard: Mapping[str, Sequence[Item]], seconds: float, kind: str, versions: str) -> Markup:
    """Return the first utterance of each group in all its versions, below each other.

    Args:
        heard: Name of a group -> its utterances, at least one.
        seconds: Longest clip.
        kind: What an utterance is, such as ``a mixture``.
        versions: Which versions there are, in words.
    """
    parts = [page.note(f"Levels are in dB of full scale; the versions of {kind} share one colour scale.")]
    for name, of_group in heard.items():
        words = f"{name}: {of_group[0].what}"
        alt = f"Spectra of {kind}, {versions}. {words}."
        drawn = page.plot(spectra(of_group[0].clips, seconds), f"spectra-{name}", alt, wide=True)
        parts.append(page.fold(words, drawn, is_open=len(parts) == 1))
    return page.join(*parts)


def _spectrum(wave: np.ndarray, rate: int) -> Spectrogram:
    grid = StftConfig(rate, WINDOW_MS, HOP_MS, n_fft=2 * math.ceil(round(WINDOW_MS * rate / 1000) / 2))
    magnitude = stft(torch.from_numpy(np.asarray(wave, dtype=np.float32)), grid).abs().numpy() * full_scale(grid)
    frequencies = np.arange(grid.bins) * rate / grid.n_fft
    return Spectrogram(20 * np.log10(np.maximum(magnitude, FLOOR)), grid.hop / rate, frequencies)
