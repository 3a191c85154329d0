"""Mel-cepstra of power spectra by frequency warping, and back; the warping is that of an all-pass filter."""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def sp2mc(power: np.ndarray, order: int, alpha: float) -> np.ndarray:
    """Return mel-cepstra [..., order + 1] of power spectra [..., F], as SPTK's mcep does for a smooth spectrum.

    The cepstrum of the spectrum is taken through an all-pass filter with constant ``alpha``; no iteration.
    """
    cepstrum = np.fft.irfft(np.log(power))
    cepstrum[..., 0] /= 2
    return cepstrum @ _warping(cepstrum.shape[-1], order, alpha)


def mc2sp(coefficients: np.ndarray, alpha: float, bins: int) -> np.ndarray:
    """Return power spectra [..., bins], from 0 to half the rate, of mel-cepstra [..., order + 1]; undoes `sp2mc`.

    Half the log power is Σ c_m cos(m ω̃), where the all-pass filter takes ω to ω̃.
    """
    return np.exp(2 * (coefficients @ _cosines(coefficients.shape[-1], alpha, bins)))


def mean_power(power: np.ndarray) -> np.ndarray:
    """Return the mean over the whole circle, [...], of power spectra [..., F] that go from 0 to half the rate.

    It is the energy of an impulse response whose spectrum that is (Parseval).
    """
    return (power[..., 0] + power[..., -1] + 2 * power[..., 1:-1].sum(-1)) / (2 * (power.shape[-1] - 1))


@lru_cache(maxsize=8)
def allpass_constant(rate: int) -> float:
    """Return the all-pass constant α, to three decimals, whose warping is nearest to the mel scale up to rate / 2.

    Mel is ``log(1 + f / 1 kHz)`` and nearness least squares, as in SPTK's tables: 0.41 at 16 kHz, 0.455 at 22.05 kHz.
    """
    points, constants = 1000, np.arange(1000) / 1000
    mel = np.log1p(np.arange(points) / points * rate / 2000)
    mel /= mel[-1]
    warped = warp(np.pi * np.arange(points) / points, constants[:, None])
    return float(constants[np.argmin(np.square(warped / warped[:, -1:] - mel).sum(1))])


def warp(omega: np.ndarray, alpha: np.ndarray | float) -> np.ndarray:
    """Return where an all-pass filter with constant α takes frequencies ``omega``, both in 0 … π."""
    return omega + 2 * np.arctan2(alpha * np.sin(omega), 1 - alpha * np.cos(omega))


@lru_cache(maxsize=8)
def _cosines(coefficients: int, alpha: float, bins: int) -> np.ndarray:
    """Return cos(m ω̃), [coefficients, bins]."""
    cosines = np.cos(np.arange(coefficients)[:, None] * warp(np.linspace(0, np.pi, bins), alpha))
    cosines.setflags(write=False)
    return cosines


@lru_cache(maxsize=8)
def _warping(length: int, order: int, alpha: float) -> np.ndarray:
    """Return the matrix [length, order + 1] of Oppenheim's frequency transformation.

    One step of the recursion over the cepstrum is a matrix; the coefficient at quefrency n goes through n of them.
    """
    step = np.zeros((order + 1, order + 1))
    step[0, 0] = alpha
    for row in range(1, order + 1):
        step[row, row] = alpha
        step[row, row - 1] += 1 - alpha**2 if row == 1 else 1
        if row > 1:
            step[row] -= alpha * step[row - 1]
    column = np.eye(order + 1)[0]
    matrix = np.empty((length, order + 1))
    for quefrency in range(length):
        matrix[quefrency] = column
        column = step @ column
    matrix.setflags(write=False)
    return matrix
