"""WORLD analysis, and mel-cepstra of its spectral envelopes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.features.f0 import estimate_f0
from audiolab.features.mel_cepstrum import mean_power, sp2mc
from audiolab.features.worldlib import pyworld, samples_for_world

LEAST_RATE = 16000
"""Hz: D4C compares bands up to 7.9 kHz whatever the rate, and reads and writes beyond its buffers at a lower one."""

MEL_CEPSTRUM = {16000: (24, 0.410), 22050: (34, 0.455)}
"""Rate in Hz -> (order, all-pass constant α) as in sprocket's protocol for VCC2018."""


class World(NamedTuple):
    """WORLD's parameters of a signal, float64.

    Attributes:
        f0: [T], Hz, 0 where unvoiced.
        spectrum: [T, F], power.
        aperiodicity: [T, F], 0 … 1.
    """

    f0: np.ndarray
    spectrum: np.ndarray
    aperiodicity: np.ndarray


class MelCepstra(NamedTuple):
    """Mel-cepstra of a signal.

    Attributes:
        coefficients: [T, order + 1]; the first is the gain.
        power_db: [T], mean power of the spectral envelope, dB.
        f0: [T], Hz, 0 where unvoiced.
        spectrum: [T, F], power; what the mel-cepstra were taken from.
    """

    coefficients: np.ndarray
    power_db: np.ndarray
    f0: np.ndarray
    spectrum: np.ndarray


def analyse(
    wave: np.ndarray, rate: int, hop_ms: float = 5.0, floor: float = 71.0, ceiling: float = 800.0, method: str = "dio"
) -> World:
    """Return F0, CheapTrick's spectral envelope and D4C's aperiodicity.

    Args:
        wave: [N], mono.
        rate: Sample rate in Hz, `LEAST_RATE` or higher.
        hop_ms: Frame shift in ms.
        floor: Lowest F0 in Hz; a lower one asks for a longer FFT.
        ceiling: Highest F0 in Hz.
        method: F0 estimator, ``"dio"`` or ``"harvest"``.

    Raises:
        ValueError: A lower rate.
    """
    return analyse_at(wave, rate, estimate_f0(wave, rate, hop_ms, floor, ceiling, method), hop_ms, floor)


def analyse_at(wave: np.ndarray, rate: int, f0: np.ndarray, hop_ms: float, floor: float) -> World:
    """Return the same with an F0 that is known.

    Args:
        wave: [N], mono.
        rate: Sample rate in Hz, `LEAST_RATE` or higher.
        f0: [T], Hz, 0 where unvoiced; of `estimate_f0`.
        hop_ms: Its frame shift in ms.
        floor: The F0 in Hz that the length of the FFT is made for, whatever the signal's lowest is.

    Raises:
        ValueError: A lower rate.
    """
    if rate < LEAST_RATE:
        raise ValueError(f"D4C needs a rate of {LEAST_RATE} Hz or more, not {rate}; resample first")
    world, samples, times, n_fft = _prepare(wave, rate, f0, hop_ms, floor)
    spectrum = world.cheaptrick(samples, f0, times, rate, fft_size=n_fft)
    aperiodicity = world.d4c(samples, f0, times, rate, fft_size=n_fft)
    return World(f0, spectrum, aperiodicity)


def mel_cepstrum(
    wave: np.ndarray,
    rate: int,
    hop_ms: float = 5.0,
    floor: float = 71.0,
    ceiling: float = 800.0,
    order: int | None = None,
    alpha: float | None = None,
    method: str = "dio",
) -> MelCepstra:
    """Return the mel-cepstra of CheapTrick's envelopes, frame power, F0 and the envelopes themselves.

    Args:
        wave: [N], mono.
        rate: Sample rate in Hz.
        hop_ms: Frame shift in ms.
        floor: Lowest F0 in Hz.
        ceiling: Highest F0 in Hz.
        order: Order of the mel-cepstrum; None takes that of the rate.
        alpha: All-pass constant; None takes that of the rate.
        method: F0 estimator, ``"dio"`` or ``"harvest"``.

    Raises:
        AudiolabError: Order or α are not given, and the rate has no usual ones.
    """
    order, alpha = mel_cepstrum_defaults(rate, order, alpha)
    f0 = estimate_f0(wave, rate, hop_ms, floor, ceiling, method)
    world, samples, times, n_fft = _prepare(wave, rate, f0, hop_ms, floor)
    spectrum = world.cheaptrick(samples, f0, times, rate, fft_size=n_fft)
    return MelCepstra(sp2mc(spectrum, order, alpha), 10 * np.log10(mean_power(spectrum)), f0, spectrum)


def mel_cepstrum_defaults(rate: int, order: int | None = None, alpha: float | None = None) -> tuple[int, float]:
    """Return (order, α), those given or else those usual at ``rate``."""
    if order is not None and alpha is not None:
        return order, alpha
    if rate not in MEL_CEPSTRUM:
        known = ", ".join(map(str, MEL_CEPSTRUM))
        raise AudiolabError(f"mel-cepstrum: no usual order and α at {rate} Hz (only at {known}); give both or resample")
    usual = MEL_CEPSTRUM[rate]
    return usual[0] if order is None else order, usual[1] if alpha is None else alpha


def _prepare(
    wave: np.ndarray, rate: int, f0: np.ndarray, hop_ms: float, floor: float
) -> tuple[object, np.ndarray, np.ndarray, int]:
    """Return what CheapTrick and D4C take: pyworld, samples, frame times in s, FFT length."""
    world = pyworld()
    samples = samples_for_world(wave, rate, floor)
    times = np.arange(len(f0)) * hop_ms / 1000
    return world, samples, times, world.get_cheaptrick_fft_size(rate, floor)
