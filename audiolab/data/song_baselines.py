"""What separation is compared with: the mixture as it is, a separation without training, and an oracle's.

Each takes the mixture and the true sources, of which only the oracle makes use, and gives the estimates in the order of
`audiolab.data.stem_dir.SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable

import librosa
import numpy as np

N_FFT, HOP = 1024, 256
"""Samples; as the paper's separator has them."""

_LEAST = 2 * N_FFT
"""Samples, to which shorter signals are filled with zeros: else librosa's inverse reads memory that holds anything."""

Signals = list[np.ndarray]
"""A signal a source, [N] or [N, channels] each."""


def mixture(mixed: np.ndarray, sources: Signals) -> Signals:
    """Return the mixture itself, not a half of it, for each source, as evaluation campaigns have it.

    Its SDR is the ratio of a source to the other one.
    """
    return [mixed for _ in sources]


def hpss(mixed: np.ndarray, sources: Signals) -> Signals:
    """Return the percussive part of the mixture as vocals, and the harmonic part as accompaniment.

    Voices glide and waver, which makes them percussive to median filters beside held chords. Of real songs this is
    nearer to the sources than the voice as the harmonic part is (mean SDR 1.5 and -1.6 dB, mixture 0 dB), and longer
    windows are no better.

    D. FitzGerald, "Harmonic/percussive separation using median filtering", DAFx 2010.
    """
    harmonic, percussive = librosa.decompose.hpss(_stft(mixed))
    return [_wave(percussive, mixed), _wave(harmonic, mixed)]


def ideal_ratio_mask(mixed: np.ndarray, sources: Signals) -> Signals:
    """Return what masks make of the mixture that are the sources' shares of their magnitudes: a ceiling of masks."""
    magnitudes = np.stack([np.abs(_stft(source)) for source in sources])
    total = magnitudes.sum(axis=0)
    shares = np.divide(magnitudes, total, out=np.full_like(magnitudes, 1 / len(sources)), where=total > 0)
    spectrum = _stft(mixed)
    return [_wave(share * spectrum, mixed) for share in shares]


BASELINES: dict[str, Callable[[np.ndarray, Signals], Signals]] = {
    "mixture": mixture,
    "hpss": hpss,
    "ideal_ratio_mask": ideal_ratio_mask,
}


def _stft(wave: np.ndarray) -> np.ndarray:
    """Return [F, T] of [N], [channels, F, T] of [N, channels]; `librosa` has channels first."""
    filled = np.pad(wave.T, [(0, 0)] * (wave.ndim - 1) + [(0, max(0, _LEAST - len(wave)))])
    return librosa.stft(np.ascontiguousarray(filled), n_fft=N_FFT, hop_length=HOP, pad_mode="constant")


def _wave(spectrum: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return the signal of a spectrum, as long as ``like``, whose channels it has."""
    whole = librosa.istft(spectrum, n_fft=N_FFT, hop_length=HOP, length=max(len(like), _LEAST))
    return whole[..., : len(like)].T
