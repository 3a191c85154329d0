"""Speech clips within a page: cut, brought to one level, embedded."""

from __future__ import annotations

import base64
import io

import numpy as np
import soundfile

from audiolab.samples import is_silent

_BLOCK_SECONDS = 0.03
_ACTIVE_DB = -35.0
"""A block counts as speech down to this level below the loudest block."""


def data_uri(wave: np.ndarray, rate: int) -> str:
    """Return mono samples [N], full scale 1, as a 16-bit FLAC in a ``data:`` URI; browsers have played FLAC since 2017.

    What exceeds full scale is clipped. Same samples, same text.
    """
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(wave, -1.0, 1.0), rate, format="FLAC", subtype="PCM_16", compression_level=1.0)
    return f"data:audio/flac;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def excerpt(wave: np.ndarray, rate: int, seconds: float, fade_seconds: float = 0.02) -> np.ndarray:
    """Return the first ``seconds`` of speech, from just before its first active block, faded in and out.

    Args:
        wave: [N].
        rate: In Hz.
        seconds: Longest excerpt.
        fade_seconds: Length of each raised-cosine fade, so that a cut does not click.
    """
    block = max(1, round(rate * _BLOCK_SECONDS))
    first = int(np.argmax(_active(wave, block)))
    cut = wave[max(0, first - 3) * block :][: round(seconds * rate)].astype(np.float32)
    length = min(round(fade_seconds * rate), len(cut) // 2)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / max(1, length))
    cut[:length] *= ramp
    cut[len(cut) - length :] *= ramp[::-1]
    return cut


def level(wave: np.ndarray, rate: int, target_db: float = -26.0, peak_db: float = -1.0) -> np.ndarray:
    """Return speech at an active level of ``target_db`` (RMS over its active blocks, dB of full scale).

    The gain is lowered where the peak would exceed ``peak_db``. Silence stays as it is.
    """
    block = max(1, round(rate * _BLOCK_SECONDS))
    active = np.repeat(_active(wave, block), block)[: len(wave)]
    power = float(np.mean(np.square(wave[active] - wave.mean(), dtype=np.float64)))
    if is_silent(wave):
        return wave
    gain = 10 ** (target_db / 20) / np.sqrt(power)
    return (wave * min(gain, 10 ** (peak_db / 20) / float(np.abs(wave).max()))).astype(np.float32)


def _active(wave: np.ndarray, block: int) -> np.ndarray:
    """Return which blocks of ``block`` samples (the last may be shorter) are within 35 dB of the loudest.

    A constant offset does not count.
    """
    power = np.add.reduceat(np.square(wave - wave.mean(), dtype=np.float64), np.arange(0, len(wave), block))
    return power >= power.max() * 10 ** (_ACTIVE_DB / 10)
