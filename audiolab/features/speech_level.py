"""The level of speech: that of the frames in which somebody speaks, however long the pauses are.

As in ITU-T P.56, speech is what lies no more than a margin below the active level itself. It is looked for from the
loudest frame down, so that any length of silence or noise leaves it as it is, and it is a mean of decibels, so that a
click does not. A gain moves it by just that gain. Noise alone would be its own speech by that; but speech moves up and
down, and steady noise does not.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.mel import mel_edges, mel_filters

MARGIN_DB = 15.9
"""P.56's: frames further below the active level are pauses."""

LEVEL_HZ = 3400.0
"""The level is that of the bands below, which recordings of all rates from 8 kHz on have."""

LEAST_S = 0.2
"""So long at least is what is taken for speech: a syllable. A click is shorter."""

MOVES_DB = 7.0
"""Speech's syllables lie further above its quietest tenth than that. Measured over 5 s or more: 20 dB and more on
recorded speech, 8 and more on a second of it in ten of room noise 5 dB below; 5 and less on white, pink and room noise
and hum, 4 to 8 on rain. Noise that moves more (people, music, rumble) is not told from speech."""

_TOLD_S = 1.0
"""So much has to be heard until noise can be told from speech."""

_BESIDE_S = 5.0
"""How far back the latest frames are looked at; noise moves further the longer it is heard."""

_ROUNDING_DB = 0.01
"""More than the mel envelope of digital silence is off."""

_STEP_DB = 0.25
_LOWEST_DB, _HIGHEST_DB = -240.0, 120.0


def level_bands(config: EnvelopeConfig) -> int:
    """Return how many mel bands, from the lowest, lie below `LEVEL_HZ`; one at least."""
    upper = mel_edges(config.n_mels, config.mel_low_hz, config.mel_high_hz, config.mel_scale)[2:]
    return max(1, int((upper <= LEVEL_HZ).sum()))


def frame_levels(mel: Tensor, config: EnvelopeConfig) -> Tensor:
    """Return each frame's level [T] in dB: of the mean power of the bands below `LEVEL_HZ`.

    Args:
        mel: Mel envelopes in dB, [T, n_mels].
        config: How they were made.
    """
    power = (mel[:, : level_bands(config)].double() * (np.log(10) / 10)).exp().mean(1)
    return 10 * power.log10()


def silence(config: EnvelopeConfig) -> Tensor:
    """Return the mel envelope of digital silence, [n_mels] in dB: the floor in all bins, through the mel filters."""
    grid = config.stft
    corners = config.mel_low_hz, config.mel_high_hz
    filters = mel_filters(grid.rate, grid.n_fft, config.n_mels, *corners, config.mel_scale, config.mel_norm)
    return config.floor_db + 20 * torch.from_numpy(filters).sum(1).clamp_min(1).log10()


def is_heard(mel: Tensor, silent: Tensor) -> Tensor:
    """Return which frames [T] of mel envelopes in dB are not digital silence, whose envelope is ``silent``."""
    return (mel > silent.to(mel) + _ROUNDING_DB).any(1)


class ActiveLevel:
    """The active level of frames that come piece by piece, in bounded memory: a histogram of their levels.

    Args:
        config: How the frames were made; those of digital silence do not count.
    """

    def __init__(self, config: EnvelopeConfig) -> None:
        bins = round((_HIGHEST_DB - _LOWEST_DB) / _STEP_DB)
        self._counts, self._sums = np.zeros(bins, np.int64), np.zeros(bins)
        self._silent = float(frame_levels(silence(config)[None], config)) + _ROUNDING_DB
        frames = (max(1, round(1000 * seconds / config.stft.shift_ms)) for seconds in (LEAST_S, _TOLD_S, _BESIDE_S))
        self._least, self._told, self._beside = frames
        self._latest, self._moved = np.zeros(0), False

    def add(self, levels: Tensor | np.ndarray, offset: float = 0.0) -> None:
        """Count frames of these levels in dB, [T], as `frame_levels` gives them, each raised by ``offset``."""
        values = np.asarray(levels.cpu() if isinstance(levels, Tensor) else levels, np.float64)
        values = values[values > self._silent] + offset
        places = np.clip((values - _LOWEST_DB) / _STEP_DB, 0, len(self._counts) - 1).astype(np.int64)
        self._counts += np.bincount(places, minlength=len(self._counts))
        self._sums += np.bincount(places, values, minlength=len(self._sums))
        self._latest = np.concatenate([self._latest, values])[-max(self._beside, len(values)) :]
        self._moved = self._moved or self._moves()

    @property
    def spoken(self) -> bool:
        """Whether there was speech, as far as that can be told: more than steady noise and digital silence."""
        return self._moved or 0 < self._counts.sum() < self._told

    def _moves(self) -> bool:
        if len(self._latest) < self._least:
            return False
        syllable = np.partition(self._latest, -self._least)[-self._least]
        return bool(syllable - np.quantile(self._latest, 0.1) > MOVES_DB)

    @property
    def value(self) -> float | None:
        """The active level in dB; None where there was nothing but digital silence."""
        held = np.flatnonzero(self._counts)[::-1]  # the loudest first
        if not len(held):
            return None
        counts = np.cumsum(self._counts[held])
        means = np.cumsum(self._sums[held]) / counts
        below = self._sums[held] / self._counts[held]
        pause = (below[1:] < means[:-1] - MARGIN_DB) & (counts[:-1] >= self._least)
        return float(means[np.argmax(pause)] if pause.any() else means[-1])


def is_active(levels: Tensor, level: float) -> Tensor:
    """Return which frames [T] are speech where the active level is ``level``."""
    return levels >= torch.as_tensor(level - MARGIN_DB, dtype=levels.dtype)
