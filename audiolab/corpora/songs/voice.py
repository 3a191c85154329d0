"""The singing voice: espeak-ng's speech, its syllables stretched over the notes and its F0 set by WORLD."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.ndimage

from audiolab.corpora.songs.lyrics import Syllable, Word, on_notes, speak_lyrics
from audiolab.corpora.songs.pitch import octave_for, pitch_course
from audiolab.corpora.songs.score import Note, Score
from audiolab.corpora.songs.singer import Singer
from audiolab.features.worldlib import pyworld

FRAME_SECONDS = 0.005
"""Of WORLD's analysis and of the course of F0, s."""

_CONSONANTS = 0.11
"""No consonants before or behind a vowel last longer, s; nor than a third of a note."""

_RIM = 0.3
"""Of a vowel's length: its first and its last part, which are not stretched."""

_EDGE = 0.03
"""Before a phrase's first sound and behind its last one the voice takes so long to come and go, s."""

_RING = (2900.0, 500.0)
"""Centre and width of the singer's formant, Hz."""

_FLOOR = 1e-14
"""Of spectral envelopes, before logarithms."""


def sing(
    score: Score, singer: Singer, rng: np.random.Generator
) -> tuple[np.ndarray, int, np.ndarray, list[tuple[float, float, str]]]:
    """Return the voice, float64 [N], as long as the song, at no particular level.

    Args:
        score: What is sung.
        singer: Who sings.
        rng: Draws the lyrics, and what no singer does twice alike.

    Returns:
        The voice; its rate, Hz; F0, float64 [T], Hz, each `FRAME_SECONDS` from 0 s on, 0 where unvoiced; of each phrase
        its first and last moment, s, and its words.

    Raises:
        AudiolabError: espeak-ng is missing.
    """
    phrases = in_range(score, singer)
    speech, rate, words = speak_lyrics(singer.voice, singer.language, sum(map(len, phrases)), rng)
    times = np.arange(int(score.seconds / FRAME_SECONDS) + 2) * FRAME_SECONDS
    source, loud, pitch, lines = np.zeros(len(times)), np.zeros(len(times)), np.zeros(len(times)), []
    for notes, (text, syllables) in zip(phrases, on_notes(words, [len(notes) for notes in phrases])):
        out, of = _stretched(notes, syllables, rate)
        here = slice(*np.searchsorted(times, (out[0] - _EDGE, out[-1] + _EDGE)))
        source[here] = np.interp(times[here], out, of)
        pitch[here] = pitch_course(notes, times[here], singer, rng)
        loud[here] = _swell(times[here], out[0], out[-1]) * 10 ** (rng.uniform(-2, 2) / 20)
        lines.append((float(max(out[0], 0.0)), float(out[-1]), text))
    envelope, voiced = _analysed(speech, rate, source, loud > 0, words, singer)
    f0 = np.where(voiced & (loud > 0), 440 * 2 ** ((pitch - 69) / 12), 0.0)
    noise = _noise(voiced, rate, envelope.shape[1], singer.breath)
    wave = pyworld().synthesize(f0, envelope * (loud**2)[:, None] + _FLOOR, noise, rate, FRAME_SECONDS * 1000)
    samples = round(score.seconds * rate)
    # WORLD whispers where it has nothing to say
    gate = np.interp(np.arange(samples) / rate, times, scipy.ndimage.maximum_filter1d(loud > 0, 3).astype(float))
    return wave[:samples] * gate, rate, f0, lines


def in_range(score: Score, singer: Singer) -> list[list[Note]]:
    """Return the phrases in the singer's octave."""
    shift = octave_for([note.pitch for notes in score.phrases for note in notes], singer.centre)
    return [[replace(note, pitch=note.pitch + shift) for note in notes] for notes in score.phrases]


def _stretched(notes: Sequence[Note], syllables: Sequence[Syllable], rate: int) -> tuple[np.ndarray, np.ndarray]:
    """Return moments of the song, s, rising, and those of the speech that belong there; between them it goes straight.

    Vowels begin with their notes: consonants before them take their time from the note before.
    """
    begins = np.array([note.start for note in notes[: len(syllables)]])
    ends = np.append(begins[1:], notes[-1].end)
    marks = np.array([[s.begin, s.vowel, s.coda, s.end] for s in syllables]) / rate
    onset, vowel, coda = np.diff(marks, axis=1).T
    before = np.append(_CONSONANTS, (ends - begins)[:-1] / 3)
    onset = np.minimum(onset, np.minimum(before, _CONSONANTS))
    coda = np.minimum(coda, np.minimum((ends - begins) / 3, _CONSONANTS))
    stop = ends - np.append(onset[1:], 0.0)
    rim = _RIM * np.minimum(vowel, stop - coda - begins)
    out = np.stack([begins - onset, begins, begins + rim, stop - coda - rim, stop - coda, stop], axis=1)
    of = np.stack(
        [marks[:, 0], marks[:, 1], marks[:, 1] + _RIM * vowel, marks[:, 2] - _RIM * vowel, marks[:, 2], marks[:, 3]],
        axis=1,
    )
    return np.maximum.accumulate(out.ravel() + 1e-7 * np.arange(out.size)), of.ravel()


def _swell(times: np.ndarray, begin: float, end: float) -> np.ndarray:
    """Return a phrase's gains: it comes and goes within `_EDGE`, and is a little louder in its middle."""
    edge = np.clip(np.minimum(times - begin, end - times) / _EDGE + 1, 0, 1)
    return edge * (0.8 + 0.2 * np.sin(np.pi * np.clip((times - begin) / (end - begin), 0, 1)))


def _analysed(
    speech: np.ndarray, rate: int, source: np.ndarray, sung: np.ndarray, words: Sequence[Word], singer: Singer
) -> tuple[np.ndarray, np.ndarray]:
    """Return the singer's spectral envelopes [T, bins] at moments ``source`` of the speech, and where it is voiced."""
    world = pyworld()
    f0, times = world.dio(speech, rate, frame_period=FRAME_SECONDS * 1000)
    f0 = world.stonemask(speech, f0, times, rate)
    vowels = [(s.vowel / rate, s.coda / rate) for word in words for s in word.syllables]
    inside = np.any([(begin <= times) & (times < end) for begin, end in vowels], axis=0)
    held = inside & (f0 == 0)
    f0[held] = np.median(f0[f0 > 0])
    logs = np.log(np.maximum(world.cheaptrick(speech, f0, times, rate), _FLOOR))
    logs = _coloured(logs, rate, singer)
    place = np.clip(source / FRAME_SECONDS, 0, len(times) - 1.001)
    low = place.astype(int)
    part = (place - low)[:, None]
    envelope = np.exp(logs[low] * (1 - part) + logs[low + 1] * part) * sung[:, None]
    return envelope, (f0 > 0)[np.round(place).astype(int)]


def _coloured(logs: np.ndarray, rate: int, singer: Singer) -> np.ndarray:
    """Return log power envelopes [T, bins] of a vocal tract of the singer's length, with the singer's formant."""
    bins = logs.shape[1]
    place = np.minimum(np.arange(bins) / singer.tract, bins - 1.001)
    low = place.astype(int)
    part = place - low
    hertz = np.linspace(0, rate / 2, bins)
    ring = singer.ring * np.log(10) / 10 * np.exp(-0.5 * ((hertz - _RING[0]) / _RING[1]) ** 2)
    return logs[:, low] * (1 - part) + logs[:, low + 1] * part + ring


def _noise(voiced: np.ndarray, rate: int, bins: int, breath: float) -> np.ndarray:
    """Return aperiodicities [T, bins]: all noise where unvoiced, else the more, the higher and the more breath."""
    hertz = np.linspace(0, rate / 2, bins)
    curve = np.interp(hertz, (0, 1000, 4000, 8000), (0.01, 0.03, 0.05 + 0.3 * breath, 0.15 + 0.55 * breath))
    return np.where(voiced[:, None], curve, 1.0 - 1e-9)
