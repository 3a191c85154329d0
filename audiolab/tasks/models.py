"""Judges that recipes train: speaker encoders and recognisers, asked as those that others trained are."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from audiolab.config import load_yaml
from audiolab.errors import AudiolabError
from audiolab.files import digest
from audiolab.inference import CONFIG, load
from audiolab.metrics.judges.judge import RATE, at_level
from audiolab.metrics.refusal import Refusal
from audiolab.text.normalise import normalise
from audiolab.training.export import MODEL


@dataclass(frozen=True)
class Trained:
    """A training run, or its zip, looked at but not loaded.

    Attributes:
        run: The folder or zip.
        weights: Hash of its model.
    """

    run: str
    weights: str

    @classmethod
    def at(cls, run: str, does: str) -> Trained:
        """Return the run at a path; raises `AudiolabError` where it is no model that ``does`` what is wanted."""
        load(run, does=does)
        path = Path(run)
        return cls(run, digest(path / MODEL if path.is_dir() else path)[:16])

    @property
    def called(self) -> str:
        """Its name and what tells it from others of that name, without a machine's paths."""
        return f"{Path(self.run).name} (model {self.weights[:8]})"

    def load(self) -> Any:
        """Return the model, kept for the next call."""
        return _model(self.run, self.weights)


@dataclass(frozen=True)
class Encoders:
    """Speaker encoders: an utterance's voice as a unit vector of each of them.

    Attributes:
        models: Of system ``ge2e``, one or more.
    """

    models: tuple[Trained, ...]

    name: ClassVar[str] = "encoders"
    title: ClassVar[str] = "Cosine of embeddings"
    modules: ClassVar[tuple[str, ...]] = ()
    packages: ClassVar[tuple[str, ...]] = ()

    @property
    def version(self) -> str:
        """The models' hashes; what stands before them counts changes in what is given to them."""
        return f"1; {' '.join(model.weights for model in self.models)}"

    def measure(self, wave: np.ndarray) -> list[list[float]]:
        """Return the embeddings, a list of each model, of the signal `at_level`.

        Raises:
            Refusal: It is silent, or no model of these hears it.
        """
        heard = at_level(wave)
        return [[round(float(x), 7) for x in _heard(model.load().embed, heard)] for model in self.models]


@dataclass(frozen=True)
class CTCRecogniser:
    """A recogniser: what is said.

    Attributes:
        model: Of system ``ctc``.
        beam: Texts that its search keeps; 1: the best path.
    """

    model: Trained
    beam: int

    name: ClassVar[str] = "recogniser"
    title: ClassVar[str] = "CER"
    modules: ClassVar[tuple[str, ...]] = ()
    packages: ClassVar[tuple[str, ...]] = ()

    @property
    def version(self) -> str:
        """The model's hash, and how it searches; what stands before them counts other changes."""
        return f"1; {self.model.weights}; beam {self.beam}"

    def measure(self, wave: np.ndarray) -> str:
        """Return what is said; raises `Refusal` where the model does not hear the signal."""
        return _heard(lambda *heard: self.model.load().transcribe(*heard, self.beam), np.clip(wave, -1, 1))


def character_errors(text: str, heard: str) -> float:
    """Return insertions, deletions and substitutions in % of a text's characters, both without case and punctuation.

    Raises:
        Refusal: Nothing is left of the text.
    """
    from torchaudio.functional import edit_distance

    reference = normalise(text)
    if not reference:
        raise Refusal("its text has no words")
    return 100 * edit_distance(reference, normalise(heard)) / len(reference)


def check_independent(encoders: Sequence[Trained], folders: Sequence[str]) -> None:
    """Raise `AudiolabError` where one of the encoders helped to train what made a data dir.

    Args:
        encoders: Who are to judge.
        folders: Data dirs; a training run in whose folder one lies names its encoder in ``system_conf``.
    """
    for run in dict.fromkeys(run for folder in folders for run in _runs_above(folder)):
        named = (load_yaml(run / CONFIG)[0].get("system_conf") or {}).get("speaker_encoder")
        if not named:
            continue
        model = Path(named) if Path(named).name == MODEL else Path(named) / MODEL
        known = digest(model)[:16] if model.is_file() else ""
        for encoder in encoders:
            if encoder.weights == known or Path(encoder.run).resolve() == model.parent.resolve():
                raise AudiolabError(
                    f"{encoder.run}: {run} was trained by it (system_conf.speaker_encoder), so it is no independent "
                    "judge; give another encoder"
                )


def _runs_above(folder: str) -> list[Path]:
    return [parent for parent in Path(folder).parents if (parent / CONFIG).is_file()][:1]


def _heard(ask: Any, wave: np.ndarray) -> Any:
    try:
        return ask(wave, RATE)
    except AudiolabError as error:
        raise Refusal(str(error)) from error


@functools.lru_cache(maxsize=8)
def _model(run: str, weights: str) -> Any:
    """Return a loaded model; ``weights`` tell a run that was trained anew meanwhile."""
    return load(run)
