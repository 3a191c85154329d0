"""DAMP-VSEP's mini twin: synthetic songs, sung by several amateurs into a phone that also hears the loudspeaker.

The tracks bleed, if they are to: the voice's has the band through a small room, the background's has some of the voice.
The mix is both of them together. They begin at different moments, which the table ``delays.csv`` tells for tests.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import signal

from audiolab.config import option
from audiolab.corpora.damp_layout import TRACKS
from audiolab.corpora.mini import make_once
from audiolab.corpora.readers import VOICES
from audiolab.corpora.songs.score import compose
from audiolab.corpora.songs.singer import Singer, make_singer
from audiolab.corpora.songs.song import Song, perform
from audiolab.corpora.songs_mini import check_sizes, make_all
from audiolab.datadir.audiowrite import write_audio
from audiolab.datadir.mp4 import encode_mp4
from audiolab.files import atomic_write

RATE = 22050
"""Sampling rate of all tracks, Hz."""

DELAYS = "delays.csv"

_COUNTRIES = {"de": "DE", "en": "US", "es": "MX", "fr": "FR", "it": "IT", "ru": "RU", "zh": "CN"}
_FIRST = 30
"""Number of the first singer's voice, so that no other mini corpus begins with it."""

_TUNING = (20.0, 40.0)
"""Range of the standard deviation of a singer's errors of pitch, cents."""

_BAND = (-20.0, -6.0)
"""Range of the band's level in the voice's track, dB re the voice."""
_VOICE = (-34.0, -22.0)
"""Range of the voice's level in the background, dB re the band."""
_BALANCE = (-6.0, 3.0)
"""Range of the level in the mix of what the phone has heard, dB re the background."""

_LATE = (0.005, 0.04)
"""Range of the time that the band takes from the loudspeaker through the phone, s."""
_T60 = (0.1, 0.3)
_NOISE = -60.0
"""Level of the phone's noise, dB re the voice."""

_DELAYS = {"vocal": 0.35, "background": 0.06}
"""How far tracks lag behind the mix at most, either way, s."""

_KBPS = 128


@dataclass(frozen=True)
class DampMini:
    """How large the mini corpus is."""

    performances: int = option(16, "each song is sung twice, by two singers")
    singers: int = option(8, "how many sing in turn")
    seconds: list[float] = option(lambda: [16.0, 19.0], "shortest and longest mix", "s")
    bleeding: bool = option(True, "tracks bleed into one another; without it each has its source alone")
    m4a: bool = option(False, "background and mix as AAC in .m4a, as the corpus has them, which takes PyAV; else FLAC")

    def __post_init__(self) -> None:
        check_sizes(self.seconds, performances=self.performances, singers=self.singers)


def make_mini(out: str | Path, sizes: DampMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of everything that is random in it.
        nj: Processes; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing, or PyAV where it is asked for; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        performances = [_Performance(number, sizes, seed) for number in range(sizes.performances)]
        make_all(_write_performance, [(one, folder) for one in performances], nj)
        with atomic_write(folder / DELAYS) as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(["perf_key", *_DELAYS])
            table.writerows([one.name, *one.delays.values()] for one in performances)

    return make_once(out, "damp", sizes, seed, nj, write)


class _Performance:
    """A performance: who sings what, and all that is drawn of it but the song."""

    def __init__(self, number: int, sizes: DampMini, seed: int) -> None:
        self.sizes, self.seed, self.song, self.number = sizes, seed, number // 2, number
        self.singer_number = number % sizes.singers
        self.rng = np.random.default_rng([seed, number, *b"damp"])
        self.delays = {track: int(self.rng.integers(-most * RATE, most * RATE)) for track, most in _DELAYS.items()}
        self.language = list(VOICES)[self.singer_number % len(VOICES)]
        self.name = f"{900_000_000 + self.singer_number}_{2_700_000_000 + number}"

    def singer(self) -> Singer:
        own = np.random.default_rng([self.seed, self.singer_number, *b"damp singer"])
        tuning = float(own.uniform(*_TUNING))
        return make_singer(str(self.singer_number), self.language, _FIRST + self.singer_number, own, tuning)

    def sing(self) -> Song:
        """Return the song, with as much more at both ends as tracks may lie apart."""
        rng = np.random.default_rng([self.seed, self.song, *b"damp song"])
        seconds = float(rng.uniform(*self.sizes.seconds)) + 2 * max(_DELAYS.values())
        return perform(rng, compose(rng, seconds), RATE, self.singer())


def _write_performance(item: tuple[_Performance, Path]) -> None:
    one, corpus = item
    folder = corpus / str(1 + one.number % 4) / _COUNTRIES[one.language] / one.language / one.name
    margin = round(max(_DELAYS.values()) * RATE)
    for name, wave in zip(TRACKS, _heard(one.sing(), one.rng, one.sizes.bleeding)):
        first = margin - one.delays.get(name, 0)
        track = wave[first : len(wave) - 2 * margin + first]
        if one.sizes.m4a and name != "vocal":
            folder.mkdir(parents=True, exist_ok=True)
            encode_mp4(folder / f"{name}.m4a", [track[:, None]], RATE, _KBPS)
        else:
            write_audio(folder / f"{name}.flac", track, RATE)


def _heard(song: Song, rng: np.random.Generator, bleeding: bool) -> list[np.ndarray]:
    """Return the tracks of a performance, float32 [N] each: the voice as a phone hears it, the background, the mix.

    What is drawn does not depend on ``bleeding``: without it, song, noise and the tracks' balance are the same.
    """
    voice, band = (wave.mean(axis=1) for wave in (song.stems["vocals"], song.accompaniment))
    room = _room(rng)
    level = np.sqrt(np.mean(voice**2))
    phone = voice + bleeding * _at(signal.oaconvolve(band, room)[: len(band)], level, rng.uniform(*_BAND))
    phone += rng.standard_normal(len(phone)) * level * 10 ** (_NOISE / 20)
    band_level = np.sqrt(np.mean(band**2))
    leak = _at(signal.oaconvolve(voice, room)[: len(voice)], band_level, rng.uniform(*_VOICE))
    background = band + bleeding * leak
    mix = background + _at(phone, band_level, rng.uniform(*_BALANCE))
    return [(0.9 * wave / np.max(np.abs(wave))).astype(np.float32) for wave in (phone, background, mix)]


def _at(wave: np.ndarray, level: float, db: float) -> np.ndarray:
    """Return a wave at ``db`` relative to a root mean square."""
    return wave * (level * 10 ** (db / 20) / np.sqrt(np.mean(wave**2)))


def _room(rng: np.random.Generator) -> np.ndarray:
    """Return what a small room does to a loudspeaker's sound on its way through the phone, [taps]."""
    t60 = rng.uniform(*_T60)
    time = np.arange(round(t60 * RATE)) / RATE
    tail = 0.3 * rng.standard_normal(len(time)) * 10 ** (-3 * time / t60)
    tail[0] = 1.0
    speaker = signal.butter(1, 250.0, "high", fs=RATE)
    return np.pad(signal.lfilter(*speaker, tail), (round(rng.uniform(*_LATE) * RATE), 0))
