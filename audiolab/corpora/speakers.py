"""Synthetic speakers: what makes espeak-ng's variants sound like different people in different rooms.

espeak-ng's variants share their formant tables up to a few per cent and have no noise at all. A speaker here has
besides: a vocal tract of a length of its own (the speech is resampled, which scales all formants), a smooth response
over frequency (voice colour and microphone), a small room, a noise floor, and sentences that vary in rate and pitch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its signal is loaded at the first use, and preparing a corpus has none
import soxr

from audiolab.errors import AudiolabError
from audiolab.text.espeak import Line, Voice, speak, speak_words

LEVEL = -26.0
"""Level of the speech, dB re full scale (RMS)."""

COLOUR_DB = 3.0
COLOUR_TAPS = 513
ROOM_SECONDS = 0.12
ROOM_T60 = 0.15
ROOM_DB = -14.0
NOISE_DB = -50.0
EDGE_SECONDS = (0.10, 0.25)


@dataclass(frozen=True)
class Speaker:
    """A synthetic speaker.

    Attributes:
        name: Also seeds what is random about the speaker.
        voice: espeak-ng's voice.
        pitch: As in `Line`.
        rate: Words a minute.
        tract: Factor on all formants (and on F0 besides ``pitch``); above 1 is a shorter vocal tract.
    """

    name: str
    voice: Voice
    pitch: int
    rate: int
    tract: float


@dataclass(frozen=True)
class Take:
    """A recording whose phones are known.

    Attributes:
        wave: float64 in [-1, 1), [N].
        phones: (symbol as of `audiolab.text.spoken.Phone`, begin, end), seconds; between words there may be gaps.
    """

    wave: np.ndarray
    phones: tuple[tuple[str, float, float], ...]


def record(
    speaker: Speaker, sentences: Sequence[str], seed: int, further: Sequence[str] = ()
) -> tuple[list[np.ndarray], int]:
    """Return one recording for each sentence (float64 in [-1, 1), mono), and the sampling rate (Hz).

    Args:
        speaker: Who reads.
        sentences: What is read, in order.
        seed: Of the speaker's colour, room, noise and sentence-wise variation.
        further: Sentences that are read in the same room afterwards; those before do not depend on them.
    """
    rng, later = (np.random.default_rng([seed, *speaker.name.encode(), *end]) for end in ([], [1]))
    lines = [_vary(speaker, sentence, rng) for sentence in sentences]
    lines += [_vary(speaker, sentence, later) for sentence in further]
    spoken, rate = speak(speaker.voice, lines)
    response = scipy.signal.fftconvolve(colour(rng, rate), room(rng, rate))
    generators = [rng] * len(sentences) + [later] * len(further)
    return [
        _finish(_scale_tract(wave, speaker.tract), response, rate, own, own.uniform(*EDGE_SECONDS, 2))
        for wave, own in zip(spoken, generators)
    ], rate


def record_phones(
    speaker: Speaker, sentences: Sequence[str], seed: int, edges: tuple[float, float] = EDGE_SECONDS
) -> tuple[list[Take], int]:
    """Return one recording for each sentence, with the times of its phones, and the sampling rate (Hz).

    Args:
        speaker: Who reads.
        sentences: What is read, in order.
        seed: As in `record`.
        edges: Shortest and longest silence at either end, seconds.
    """
    rng = np.random.default_rng([seed, *speaker.name.encode()])
    lines = [_vary(speaker, sentence, rng) for sentence in sentences]
    spoken, rate = speak_words(speaker.voice, lines)
    response = scipy.signal.fftconvolve(colour(rng, rate), room(rng, rate))
    takes = []
    for said in spoken:
        ends = rng.uniform(*edges, 2)
        wave = _finish(_scale_tract(said.wave, speaker.tract), response, rate, rng, ends)
        begin = ends[0] + COLOUR_TAPS // 2 / rate  # where the filter's delay puts the first sample
        scale = speaker.tract * rate
        spans = [(phone, span) for word in said.words for phone, span in zip(word.phones, word.spans)]
        phones = tuple((phone.symbol, begin + first / scale, begin + end / scale) for phone, (first, end) in spans)
        takes.append(Take(wave, phones))
    return takes, rate


def _vary(speaker: Speaker, sentence: str, rng: np.random.Generator) -> Line:
    """Return the sentence as this speaker says it this time: rate ± 6 %, pitch ± 3, range 40 to 60."""
    rate = speaker.rate / speaker.tract * rng.uniform(0.94, 1.06)
    return Line(sentence, round(rate), speaker.pitch + int(rng.integers(-3, 4)), int(rng.integers(40, 61)))


def _scale_tract(wave: np.ndarray, factor: float) -> np.ndarray:
    """Return speech (int16) as float64 with all its frequencies times ``factor``; it gets shorter by as much."""
    return soxr.resample(wave.astype(np.float64) / 32768.0, factor, 1.0, quality="VHQ")


def colour(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Return a linear-phase filter whose gain is a smooth random curve of ± 3 dB over the Bark-like log frequency."""
    knots = np.log(np.geomspace(80.0, rate / 2, 9))
    gains = rng.uniform(-COLOUR_DB, COLOUR_DB, len(knots))
    frequencies = np.linspace(0, rate / 2, 257)
    gain = np.interp(np.log(np.maximum(frequencies, 1.0)), knots, gains)
    return scipy.signal.firwin2(COLOUR_TAPS, frequencies, 10 ** (gain / 20), fs=rate)


def room(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Return the impulse response of a small damped room: the direct sound and noise that decays."""
    time = np.arange(1, round(ROOM_SECONDS * rate)) / rate
    tail = rng.standard_normal(len(time)) * 10 ** (-3 * time / ROOM_T60)
    tail *= 10 ** (ROOM_DB / 20) / np.sqrt(np.sum(tail**2))
    return np.concatenate([[1.0], tail])


def _finish(
    wave: np.ndarray, response: np.ndarray, rate: int, rng: np.random.Generator, edges: np.ndarray
) -> np.ndarray:
    """Return the recording: silence at both ends (seconds, [2]), filter, level (± 1 dB by sentence), noise floor."""
    padded = np.pad(wave, [round(second * rate) for second in edges])
    heard = scipy.signal.fftconvolve(padded, response)
    power = np.sqrt(np.mean(heard**2))
    if not power > 0:
        raise AudiolabError("espeak-ng gave silence; install espeakng-loader again")
    heard *= 10 ** ((LEVEL + rng.uniform(-1, 1)) / 20) / power
    heard += rng.standard_normal(len(heard)) * 10 ** ((LEVEL + NOISE_DB) / 20)
    return heard * min(1.0, 0.95 / np.max(np.abs(heard)))
