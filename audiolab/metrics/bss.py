"""Ratios in dB of separated sources to what is wrong in them, by frames, as museval has them (BSS Eval v4).

museval's SDR of a frame is ``10 log10(Σ s² / Σ (s - ŝ)²)`` over its samples and channels: the filters that it
estimates tell apart what is wrong, for ISR, SIR and SAR, and do not change the sum. So `sdr` needs none of them.

A. Liutkus, F.-R. Stöter, N. Ito, "The 2018 Signal Separation Evaluation Campaign", LVA/ICA 2018.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import numpy as np

CONDITIONS = f"as museval {version('museval')} has it (BSS Eval v4)"

RATIOS = ("sdr", "isr", "sir", "sar")
"""To distortion, spatial distortion (of the image), interference and artifacts, in museval's order."""


def sdr(references: np.ndarray, estimates: np.ndarray, window: int) -> np.ndarray:
    """Return the SDR of each frame in dB, float64 [S, N // window].

    Frames follow each other; what remains behind the last is left out. A frame in which the channels' sum of any
    source or estimate is zero throughout is NaN for all sources; so is one that an estimate matches exactly.

    Args:
        references: The sources, [S, N] or [S, N, C].
        estimates: What was made of their mixture, of the same shape.
        window: Samples of a frame.

    Raises:
        ValueError: The shapes differ.
    """
    truth, found = (_frames(signals, window) for signals in _checked(references, estimates))
    energy, error = (np.square(frames).sum(axis=(2, 3)) for frames in (truth, truth - found))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 10 * np.log10(energy / error)
    silent = np.any([np.all(frames.sum(axis=3) == 0, axis=2).any(axis=0) for frames in (truth, found)], axis=0)
    return np.where(np.isfinite(ratio) & ~silent, ratio, np.nan)


def bss_eval(references: np.ndarray, estimates: np.ndarray, window: int) -> dict[str, np.ndarray]:
    """Return museval's own values of `RATIOS`, float64 [S, N // window] each.

    Its filters of 512 taps are estimated once, over all samples. It takes some forty times as long as `sdr`.

    Args:
        references: As of `sdr`, and not silent.
        estimates: The same.
        window: Samples of a frame, N or less.

    Raises:
        ValueError: The shapes differ; a source or an estimate is silent throughout.
    """
    references, estimates = _checked(references, estimates)
    found = _museval().bss_eval(references, estimates, window, window)[: len(RATIOS)]
    return {ratio: np.where(np.isfinite(values), values, np.nan) for ratio, values in zip(RATIOS, found)}


def _checked(references: np.ndarray, estimates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both as float64 [S, N, C]."""
    if references.shape != estimates.shape or references.ndim not in (2, 3):
        raise ValueError(f"signals of shapes {references.shape} and {estimates.shape}")
    shape = references.shape if references.ndim == 3 else (*references.shape, 1)
    return references.reshape(shape).astype(np.float64), estimates.reshape(shape).astype(np.float64)


def _frames(signals: np.ndarray, window: int) -> np.ndarray:
    """Return [S, N, C] as [S, frames, window, C]."""
    sources, samples, channels = signals.shape
    count = samples // window
    return signals[:, : count * window].reshape(sources, count, window, channels)


@cache
def _museval() -> ModuleType:
    """Return museval's module of metrics alone: the package also loads musdb, which is refused without ffmpeg."""
    folder = importlib.util.find_spec("museval").submodule_search_locations[0]
    spec = importlib.util.spec_from_file_location("museval_metrics", Path(folder) / "metrics.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
