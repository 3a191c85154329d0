"""Synthetic singers: espeak-ng's voices with a range, a vibrato and a colour of their own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from audiolab.corpora.readers import gender_of, make_reader
from audiolab.text.espeak import Voice

_CENTRES = {"f": (61.0, 67.0), "m": (48.0, 57.0)}
"""Gender -> lowest and highest middle of a singer's range, MIDI note numbers."""


@dataclass(frozen=True)
class Singer:
    """A synthetic singer.

    Attributes:
        name: As the corpus has it.
        language: Of the lyrics, a key of `audiolab.corpora.readers.VOICES`.
        gender: ``f`` or ``m``.
        voice: espeak-ng's voice.
        centre: The middle of the comfortable range, a MIDI note number.
        tract: Factor on all formants; above 1 is a shorter vocal tract.
        vibrato_rate: Hz.
        vibrato_depth: Half the extent of the vibrato of a long note, cents.
        glide: How long the voice takes from one note to the next, s.
        tuning: Standard deviation of the notes' errors of pitch, cents.
        breath: 0 (none) to 1: noise in the voice.
        ring: Gain of the singer's formant near 3 kHz, dB.
    """

    name: str
    language: str
    gender: str
    voice: Voice
    centre: float
    tract: float
    vibrato_rate: float
    vibrato_depth: float
    glide: float
    tuning: float
    breath: float
    ring: float


def make_singer(name: str, language: str, number: int, rng: np.random.Generator, tuning: float = 5.0) -> Singer:
    """Return the singer ``number`` of a corpus: gender and espeak-ng's variant go by the number, the rest is drawn.

    Args:
        name: What the corpus calls the singer.
        language: A key of `audiolab.corpora.readers.VOICES`.
        number: From 0; even numbers are women; singers whose numbers differ by less than 24 have different variants.
        rng: Draws the rest.
        tuning: Standard deviation of the notes' errors of pitch, cents: some 5 of a professional, 20 to 40 of amateurs.
    """
    reader = make_reader(name, language, number, rng)
    gender = gender_of(number)
    return Singer(
        name=name,
        language=language,
        gender=gender,
        voice=reader.voice,
        centre=float(rng.uniform(*_CENTRES[gender])),
        tract=reader.tract,
        vibrato_rate=float(rng.uniform(4.8, 6.6)),
        vibrato_depth=float(rng.uniform(15, 70)),
        glide=float(rng.uniform(0.04, 0.11)),
        tuning=tuning,
        breath=float(rng.uniform(0, 0.8)),
        ring=float(rng.uniform(0, 9)),
    )
