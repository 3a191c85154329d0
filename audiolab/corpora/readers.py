"""Many synthetic readers in many languages, for the mini corpora of speech enhancement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import soxr

from audiolab.corpora.speakers import Speaker, record
from audiolab.errors import AudiolabError
from audiolab.text.espeak import Voice

RATE = 16000
"""Sampling rate of the corpora of speech enhancement, Hz."""

VOICES = {"de": "de", "en": "en-us", "es": "es", "fr": "fr", "it": "it", "ru": "ru", "zh": "cmn"}
"""Language -> espeak-ng's name of the voice that reads it."""

_FEMALE = ("f1", "f4", "Andrea", "Annie", "anika", "belinda", "linda", "steph", "steph2", "steph3", "aunty", "grandma")
_MALE = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "Michael", "Gene", "Hugo", "Lee", "Marco", "david", "paul",
         "quincy", "robert")  # fmt: skip
"""espeak-ng's variants. None has ``breath``, whose noise is another one each time."""


def gender_of(number: int) -> str:
    """Return ``f`` or ``m``: readers alternate."""
    return "fm"[number % 2]


def variant_of(number: int) -> str:
    """Return espeak-ng's variant of a reader: that of another where their numbers differ by less than 24."""
    variants = _FEMALE if gender_of(number) == "f" else _MALE
    return variants[number // 2 % len(variants)]


def make_reader(name: str, language: str, number: int, rng: np.random.Generator) -> Speaker:
    """Return the reader ``number`` of a corpus: the variant goes by the number, the rest is drawn.

    Args:
        name: Seeds what `record` draws for the reader, with its own seed.
        language: A key of `VOICES`.
        number: From 0; readers whose numbers differ by less than 24 have different variants.
        rng: Draws pitch, rate and vocal tract.
    """
    voice = Voice(VOICES[language], variant_of(number))
    pitch, rate = int(rng.integers(42, 59)), int(rng.integers(150, 176))
    return Speaker(name, voice, pitch, rate, float(rng.uniform(0.95, 1.06)))


def read_aloud(speaker: Speaker, sentences: Sequence[str], seed: int) -> list[np.ndarray]:
    """Return one recording for each sentence, float64 [N] in [-1, 1) at `RATE`; raises as `record` does."""
    recordings, rate = record(speaker, sentences, seed)
    return [soxr.resample(wave, rate, RATE, quality="VHQ") for wave in recordings]


def choose(sentences: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return ``count`` different sentences.

    Raises:
        AudiolabError: There are not so many.
    """
    if count > len(sentences):
        raise AudiolabError(f"mini corpus: {count} sentences of a reader are asked for, there are {len(sentences)}")
    return [sentences[index] for index in rng.permutation(len(sentences))[:count]]
