"""Synthetic songs for the mini corpora: a voice with lyrics over drums, bass and chords of the same key and tempo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.signal
import soxr

from audiolab.corpora.songs.band import panned, play_band
from audiolab.corpora.songs.score import Score, compose
from audiolab.corpora.songs.singer import Singer
from audiolab.corpora.songs.voice import sing

STEMS = ("vocals", "drums", "bass", "other")

_LEVELS = {"drums": (-4.0, 2.0), "bass": (-6.0, 0.0), "other": (-4.0, 2.0)}
"""Ranges of the stems' levels, dB."""

_VOICE = (-7.0, 2.0)
"""Range of the voice's level where it sings, dB re the rest."""

_SENDS = {"vocals": (-16.0, -8.0), "drums": (-26.0, -16.0), "bass": (-40.0, -30.0), "other": (-20.0, -10.0)}
"""Ranges of the reverberation's energy, dB re the direct sound."""

_T60 = (0.5, 1.6)
_BEFORE = (0.008, 0.03)
"""Ranges of the time in which the reverberation falls by 60 dB, and of that after which it begins, s."""

_LOUD = (-18.0, -12.0)
"""Range of the whole's level, dB of full scale."""

_PEAK = 0.97


@dataclass(frozen=True)
class Line:
    """What is sung in one phrase: its first and last moment, s, and the words."""

    start: float
    end: float
    words: str


@dataclass(frozen=True)
class Song:
    """A song.

    Attributes:
        rate: Sampling rate, Hz.
        stems: Name, of `STEMS`, -> float32 [N, 2]; they, the accompaniment and the mixture stay within full scale.
        score: What is played.
        singer: Who sings.
        lines: The lyrics, in order.
        f0: Of the voice, float32 [T], Hz, one value each 5 ms, the first at 0 s; 0 where it is unvoiced.
    """

    rate: int
    stems: dict[str, np.ndarray]
    score: Score
    singer: Singer
    lines: tuple[Line, ...]
    f0: np.ndarray

    @property
    def accompaniment(self) -> np.ndarray:
        """Drums, bass and other together, float32 [N, 2]."""
        return self.stems["drums"] + self.stems["bass"] + self.stems["other"]

    @property
    def mixture(self) -> np.ndarray:
        """All stems together, float32 [N, 2]."""
        return self.stems["vocals"] + self.accompaniment


def synthesise_song(rng: np.random.Generator, seconds: float, rate: int, singer: Singer) -> Song:
    """Return a song that a singer sings; the same generator's state and singer, the same samples.

    Args:
        rng: Draws tempo, key, chords, melody, lyrics, instruments, levels.
        seconds: Length, 4 s or more; N is ``round(seconds * rate)``.
        rate: Sampling rate, Hz, 16,000 or more.
        singer: Whose voice and language.

    Raises:
        AudiolabError: espeak-ng is missing.
    """
    return perform(rng, compose(rng, seconds), rate, singer)


def perform(rng: np.random.Generator, score: Score, rate: int, singer: Singer) -> Song:
    """Return a song as one singer and one band perform it; arguments and errors as of `synthesise_song`.

    The band is drawn before the voice: the same ``rng`` gives the same accompaniment, up to a gain, whoever sings.
    """
    band = play_band(score, rate, rng)
    tail = _tail(rng, rate)
    wet = {name: 10 ** (rng.uniform(*_SENDS[name]) / 20) for name in STEMS}
    stems = {
        name: _in_room(stem, wet[name], tail) * 10 ** (rng.uniform(*_LEVELS[name]) / 20) for name, stem in band.items()
    }
    level, loud = rng.uniform(*_VOICE), rng.uniform(*_LOUD)
    voice, own_rate, f0, lines = sing(score, singer, rng)
    vocals = _in_room(panned(_resampled(voice, own_rate, rate, score), 0.0), wet["vocals"], tail)
    sung = np.sum([end - start for start, end, _ in lines]) / score.seconds
    rest = sum(stems.values())
    stems["vocals"] = vocals * 10 ** (level / 20) * np.sqrt(np.mean(rest**2) / np.mean(vocals**2) * sung)
    whole = stems["vocals"] + rest
    peak = max(np.max(np.abs(wave)) for wave in (whole, rest, *stems.values()))
    gain = min(10 ** (loud / 20) / np.sqrt(np.mean(whole**2)), _PEAK / peak)
    return Song(
        rate,
        {name: (gain * stems[name]).astype(np.float32) for name in STEMS},
        score,
        singer,
        tuple(Line(*line) for line in lines),
        f0.astype(np.float32),
    )


def _resampled(voice: np.ndarray, own_rate: int, rate: int, score: Score) -> np.ndarray:
    """Return the voice at the song's rate and of its length."""
    samples = round(score.seconds * rate)
    wave = soxr.resample(voice, own_rate, rate, quality="HQ")[:samples]
    return np.pad(wave, (0, samples - len(wave)))


def _tail(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Return the reverberation of a room without the direct sound, [taps, 2], of energy 1 in each channel."""
    t60, before = rng.uniform(*_T60), rng.uniform(*_BEFORE)
    time = np.arange(round(0.8 * t60 * rate)) / rate
    tail = rng.standard_normal((len(time), 2)) * 10 ** (-3 * time / t60)[:, None]
    tail = scipy.signal.lfilter([0.4], [1, -0.6], tail, axis=0)  # rooms take the high away
    return np.pad(tail / np.sqrt(np.sum(tail**2, axis=0)), ((round(before * rate), 0), (0, 0)))


def _in_room(stem: np.ndarray, wet: float, tail: np.ndarray) -> np.ndarray:
    """Return a stem [N, 2] with reverberation of its mean."""
    send = stem.mean(axis=1)
    return stem + wet * np.stack([scipy.signal.oaconvolve(send, side)[: len(stem)] for side in tail.T], axis=1)
