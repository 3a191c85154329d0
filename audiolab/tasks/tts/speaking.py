"""Text to speech: sentences are analysed, timed and spoken one by one."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.parametric import ParametricSynthesis
from audiolab.synthesis.postfilter import USUAL
from audiolab.tasks.tts.apply import AcousticModel
from audiolab.text.context import contexts_of
from audiolab.text.linguistic_set import LinguisticSet, parse_set, read_set
from audiolab.text.phonemes import NoWord, phonemise
from audiolab.text.structure import Utterance, utterance_of
from audiolab.text.unit_utterances import utterance_of_units
from audiolab.text.units import Units
from audiolab.text.vectors import Vectoriser

logger = logging.getLogger(__name__)


class DurationModel(Protocol):
    """What is needed of a model, such as `audiolab.systems.duration.predictor.Predictor`."""

    languages: Sequence[str]
    speakers: Sequence[str]
    columns: int
    linguistic: str

    def durations(self, vectors: np.ndarray, language: str | None, speaker: str | None) -> np.ndarray: ...


def set_of_model(acoustic: Any, path: str | Path | None = None) -> LinguisticSet:
    """Return the set of linguistic features that a model was trained with: its own, or that of a table.

    Args:
        acoustic: The model; ``linguistic`` is the table as text, or empty.
        path: A table, in place of the model's; it must be the same where the model has one.

    Raises:
        AudiolabError: The model has none and none is given; the two differ, or cannot be read.
    """
    own = parse_set(acoustic.linguistic, "the model's set of linguistic features") if acoustic.linguistic else None
    given = read_set(path) if path else own
    if given is None:
        raise AudiolabError("the model does not tell its set of linguistic features: give the table by --set")
    if own not in (None, given):
        raise AudiolabError(f"--set {path}: the model was trained with another one; leave the option out")
    return given


class Speaking:
    """Speaks sentences in one language with one voice.

    Args:
        acoustic: Says how phones sound.
        durations: Says how long they are.
        features: The set of linguistic features that both were trained with.
        language: One that both models know; of `features`, too.
        speaker: One whom both models know, of whatever language.
        weight: Of the post-filter; 1 is off.
        units: Into which text is cut, where the models were trained on units in place of phones.

    Attributes:
        rate: Of the speech, Hz.

    Raises:
        AudiolabError: A model does not know the language or the speaker, or was trained with another set; units are
            given to models of phones, or are not given to models of units.
    """

    def __init__(
        self,
        acoustic: AcousticModel,
        durations: DurationModel,
        features: LinguisticSet,
        language: str,
        speaker: str,
        weight: float = USUAL,
        units: Units | None = None,
    ) -> None:
        for what, model in (("acoustic", acoustic), ("duration", durations)):
            for kind, name, known in (
                ("language", language, model.languages),
                ("speaker", speaker, model.speakers),
            ):
                if name not in known:
                    raise AudiolabError(f"--{kind}: the {what} model does not know '{name}'{did_you_mean(name, known)}")
            if model.columns != len(features):
                raise AudiolabError(
                    f"the {what} model takes vectors of {model.columns} values, and the set of linguistic features has "
                    f"{len(features)}: give models that were trained with one set"
                )
        if features.of_units and units is None:
            raise AudiolabError("the models speak units of text in place of phones: give --units, which they learned")
        if units is not None and not features.of_units:
            raise AudiolabError("--units: the models speak phones; leave the option out")
        if durations.linguistic and parse_set(durations.linguistic, "the duration model's set") != features:
            raise AudiolabError(
                "the duration model was trained with another set of linguistic features: give models of one"
            )
        self._acoustic, self._durations, self._vectors = acoustic, durations, Vectoriser(features)
        self._language, self._speaker, self._units = language, speaker, units
        self._synthesis = ParametricSynthesis(acoustic.config, weight)
        self.rate = acoustic.config.rate

    def __call__(self, sentence: str) -> np.ndarray:
        """Return a sentence as speech, float64 [N], within full scale, with silence at both ends.

        Raises:
            NoWord: There is no word in it.
            AudiolabError: It has a phone that the set lacks.
        """
        utterance = self._analysed(sentence)
        vectors = self._vectors(contexts_of(utterance), self._language, f"'{sentence[:40]}'")
        frames = self._durations.durations(vectors, self._language, self._speaker)
        parameters = self._acoustic.predict(vectors, frames, self._language, self._speaker)
        return self._synthesis(parameters, Limiter(f"'{sentence[:40]}'", always=True))

    def stream(self, sentences: Iterable[str]) -> Iterator[np.ndarray]:
        """Yield the speech of sentence after sentence, each as soon as it is made.

        What espeak-ng has no word for, such as a circled number by itself, is left out, and logged: a book goes on.
        """
        for sentence in sentences:
            try:
                wave = self(sentence)
            except NoWord as error:
                logger.warning("left out: %s", error)
                continue
            yield wave

    def _analysed(self, sentence: str) -> Utterance:
        if self._units is not None:
            return utterance_of_units(sentence, self._units)
        (words,) = phonemise([sentence], self._language)
        return utterance_of(words, self._language)
