"""Stretching a signal in time with its pitch kept, by a phase vocoder whose phases are locked to spectral peaks."""

from __future__ import annotations

import math

import numpy as np
import scipy  # its signal is loaded at the first use, and models in use have none

_SIZE, _HOP = 1024, 256
_REACH = 2
"""Bins on each side that a peak is higher than."""


def stretch(wave: np.ndarray, samples: int) -> np.ndarray:
    """Return a signal of another length at the same pitch, float32 [samples].

    A frame of the result is one of the signal, turned so that at each peak of its spectrum its phase goes on from the
    frame before, by as much as the signal's phase there turns in the time between two frames of the result. All bins
    around a peak turn with it (Laroche and Dolson's identity locking), so a partial keeps its level. Onsets get softer.

    Args:
        wave: [N], at 16 kHz or so: frames have 1024 samples.
        samples: How many are wanted, at least 1.
    """
    step = _HOP * len(wave) / samples
    centres = np.rint(np.arange(-1, -(-samples // _HOP) + 2) * step).astype(np.int64)  # all frames that reach a sample
    edge = _SIZE // 2 + _HOP + math.ceil(2 * step)
    padded = np.pad(wave, edge).astype(np.float32)
    window = scipy.signal.get_window("hann", _SIZE).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _SIZE)
    now, before = (scipy.fft.rfft(frames[centres + (edge - _SIZE // 2 - back)] * window) for back in (0, _HOP))
    turns = _unit(now * before.conj())
    turns[0] = _unit(now[0])
    aimed = np.cumprod(turns, axis=0)
    rotation = np.take_along_axis(_unit(aimed * now.conj()), _nearest_peak(_power(now)), axis=1)
    again = scipy.fft.irfft(now * rotation, _SIZE) * window
    return _overlapped(again, window)[_SIZE // 2 + _HOP :][:samples]


def _unit(values: np.ndarray) -> np.ndarray:
    """Return complex numbers divided by their magnitudes; 1 for 0."""
    magnitude = np.sqrt(_power(values))
    zero = magnitude == 0
    return np.where(zero, np.complex64(1), values / np.where(zero, 1, magnitude))


def _power(values: np.ndarray) -> np.ndarray:
    return values.real**2 + values.imag**2


def _nearest_peak(power: np.ndarray) -> np.ndarray:
    """Return for each bin of spectra [T, F] the bin of the nearest peak, int [T, F]; of two, the lower."""
    bins = power.shape[1]
    around = np.pad(power, ((0, 0), (_REACH, _REACH)), constant_values=-1)
    shifts = [shift for shift in range(2 * _REACH + 1) if shift != _REACH]
    highest = np.max([around[:, shift : shift + bins] for shift in shifts], axis=0)
    is_peak = power >= highest
    place = np.arange(bins, dtype=np.int16)  # the smaller, the faster
    below = np.maximum.accumulate(np.where(is_peak, place, -bins), axis=1)
    above = np.minimum.accumulate(np.where(is_peak, place, 2 * bins)[:, ::-1], axis=1)[:, ::-1]
    return np.where(place - below <= above - place, below, above)


def _overlapped(frames: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Return frames [T, 1024] added at steps of 256, [1024 + 256 (T - 1)], by the sum of the squared windows there."""
    parts = _SIZE // _HOP
    total = np.zeros((len(frames) + parts - 1, _HOP), np.float32)
    for part in range(parts):
        total[part : part + len(frames)] += frames[:, part * _HOP : (part + 1) * _HOP]
    return total.ravel() * np.float32(_HOP / (window**2).sum())
