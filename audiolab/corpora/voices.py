"""Synthetic voices that are well apart, for the mini corpora of voice conversion.

Beside its variant of espeak-ng a voice has a pitch and a vocal tract of its own. These are spread evenly over what
sounds like people, not drawn: of as many voices as there are variants, none is near another in all three.
"""

from __future__ import annotations

import numpy as np

from audiolab.corpora.readers import gender_of, variant_of
from audiolab.corpora.speakers import Speaker
from audiolab.text.espeak import Voice

PITCHES = {"f": (25, 75), "m": (20, 85)}
"""Of espeak-ng: 50 is the variant's own. With the tracts below, median F0 is 78 to 140 Hz of men, 134 to 272 Hz of
women."""

TRACTS = (0.86, 1.15)
"""Factors on all formants."""

RATES = (145, 180)
"""Words a minute."""

_STEPS = np.array([0.7548776662466927, 0.5698402909980532, 0.8191725133961645])
"""Fractions of the ranges between one voice and the next, of which any number of places lie evenly (Roberts)."""


def make_voice(name: str, language: str, number: int, rng: np.random.Generator) -> Speaker:
    """Return the voice ``number`` of a corpus.

    Args:
        name: Seeds what `audiolab.corpora.speakers.record` draws for it, with its own seed.
        language: espeak-ng's name of it, as ``en-us``.
        number: From 0; women and men alternate.
        rng: Moves it a little from its even place.
    """
    gender = gender_of(number)
    place = (0.5 + (number // 2 + 1) * _STEPS + rng.uniform(-0.02, 0.02, 3)) % 1
    low, high = np.array([PITCHES[gender], TRACTS, RATES]).T
    pitch, tract, rate = low + place * (high - low)
    return Speaker(name, Voice(language, variant_of(number)), round(pitch), round(rate), float(tract))
