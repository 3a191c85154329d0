"""Whose voice is it, by a speaker encoder that was trained on thousands of other speakers.

GE2E: L. Wan, Q. Wang, A. Papir, I. Lopez Moreno, "Generalized end-to-end loss for speaker verification", ICASSP 2018;
network and weights are those of ``Resemblyzer``. Unlike `audiolab.metrics.speaker_id` it hears F0 too, and was trained
on none of the speakers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from audiolab.metrics.judges.judge import RATE, at_level, releases
from audiolab.metrics.refusal import Refusal
from audiolab.metrics.scores import Metric

METRICS = (
    Metric("similarity_target", "Similarity to the target", "", 3, "higher"),
    Metric("similarity_source", "Similarity to the source", "", 3, "lower"),
    Metric("nearer_target", "Nearer to the target", "share", 2, "higher"),
)


@dataclass(frozen=True)
class SpeakerEncoder:
    """An utterance's voice as a unit vector of 256 numbers; the cosine of two is their similarity."""

    name: ClassVar[str] = "speaker"
    title: ClassVar[str] = "Speaker similarity"
    modules: ClassVar[tuple[str, ...]] = ("resemblyzer", "webrtcvad", "pkg_resources")
    packages: ClassVar[tuple[str, ...]] = ("Resemblyzer", "webrtcvad", "librosa")

    @property
    def version(self) -> str:
        """The packages' releases; what stands before them counts changes in what is given to the network."""
        return f"2; {releases(self.packages)}"

    def measure(self, wave: np.ndarray) -> list[float]:
        """Return the embedding: the mean over windows of 1.6 s, pauses shortened, of length 1.

        The signal is heard `at_level`: Resemblyzer's own preparation raises soft signals to it, but leaves loud ones.

        Raises:
            Refusal: No speech is found in the signal.
        """
        heard = at_level(wave)
        model, prepare = _model()
        speech = prepare(heard, source_sr=RATE)
        if not len(speech):
            raise Refusal("no speech is found in it")
        return [round(float(value), 7) for value in model.embed_utterance(speech)]


def similarity(voice: np.ndarray, target: np.ndarray, source: np.ndarray) -> dict[str, float]:
    """Return column of `METRICS` -> value.

    Args:
        voice: Embedding of an utterance, [256].
        target: `centroid` of the target speaker, [256].
        source: Of the source speaker, [256].
    """
    to_target, to_source = cosine(voice, target), cosine(voice, source)
    return {
        "similarity_target": to_target,
        "similarity_source": to_source,
        "nearer_target": float(to_target > to_source),
    }


def centroid(voices: Iterable[np.ndarray]) -> np.ndarray:
    """Return a speaker's voice: the mean of embeddings of utterances, [256], of length 1."""
    mean = np.mean(list(voices), axis=0)
    return mean / np.linalg.norm(mean)


def cosine(first: np.ndarray, second: np.ndarray) -> float:
    """Return the cosine of two vectors."""
    return float(np.dot(first, second) / math.sqrt(np.dot(first, first) * np.dot(second, second)))


@lru_cache(maxsize=1)
def _model() -> tuple[Any, Any]:
    """Return the encoder, and what prepares a signal for it."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pkg_resources and scipy.ndimage.morphology, which are going to go
        from resemblyzer import VoiceEncoder, preprocess_wav
    return VoiceEncoder("cpu", verbose=False), preprocess_wav
