"""How a trained acoustic model is run over label vectors: vocoder parameters, and speech of them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.data.label_dump import LabelDump
from audiolab.datadir.apart import check_apart
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.parts import Part
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.features.world_config import WorldConfig
from audiolab.inference import load
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.parametric import ParametricSynthesis
from audiolab.synthesis.postfilter import USUAL, check_weight
from audiolab.tasks.running import WHOLE, Made, write_recordings

logger = logging.getLogger(__name__)

LIMITED = "utt2limited"
"""Table of how many samples of each utterance would have passed full scale, and were limited."""


class AcousticModel(Protocol):
    """What is needed of a model, such as `audiolab.systems.mlms.predictor.Predictor`."""

    languages: Sequence[str]
    speakers: Sequence[str]
    config: WorldConfig
    linguistic: str

    def predict(self, vectors: np.ndarray, durations: np.ndarray, language: str, speaker: str) -> np.ndarray: ...


@dataclass(frozen=True)
class Line:
    """What is spoken: the utterance's number in the dump, in which language and with whose voice."""

    number: int
    language: str
    speaker: str


def add_options(parser: ArgumentParser) -> None:
    """Add what is spoken, with whose voice, and how."""
    parser.add_argument(
        "--language", help="speak the utterances in this language; not given: in any that the model knows"
    )
    parser.add_argument("--speaker", help="speak all of them with this voice; not given: each with its own speaker's")
    parser.add_argument(
        "--postfilter", type=float, default=USUAL, help="weight of the mel-cepstrum from its third value on; 1: none"
    )


def read_options(options: Any) -> None:
    """Raise `AudiolabError` for a weight that cannot be one."""
    check_weight(options.postfilter)


def apply(options: Any, part: Part) -> DataDir:
    """Speak the label dump ``options.data`` into ``options.out``, or a part of it."""
    model = load(options.model, options.device, does="predict")
    lines = LabelDump(options.data)
    return speak_labels(model, lines, options.out, options.postfilter, options.language, options.speaker, part)


def speak_labels(
    model: AcousticModel,
    labels: LabelDump,
    out: str | Path,
    weight: float = USUAL,
    language: str | None = None,
    speaker: str | None = None,
    part: Part = WHOLE,
) -> DataDir:
    """Speak utterances with the durations that they are given with, and return the data dir of the results.

    Writes ``<out>/wav/<utterance>.wav`` (16 bit), ``wav.scp``, ``utt2spk`` (whose voice it is), ``spk2utt``,
    ``utt2lang``, ``utt2limited``, ``text`` where the dump has it, and the predicted parameters, as they are before the
    post-filter: ``feats.scp``, ``utt2num_frames`` and ``features.yaml``, as a folder of features has them.

    Args:
        model: Predicts.
        labels: Label vectors and durations. Utterances in languages that the model does not know are left out, and
            those of speakers that it does not know where ``speaker`` is not given; the log counts them.
        out: The data dir to write.
        weight: Of the post-filter.
        language: Only utterances in this one; None: in any.
        speaker: Whose voice all of them get; None: each its own speaker's.
        part: Which of them, where several jobs share them.

    Raises:
        AudiolabError: The labels are of another linguistic set than the model's; the model does not know the language
            or speaker that is asked for, or nothing is left to speak; matrices are broken or do not fit the model;
            ``out`` is not apart from what is read, or an id cannot name a file.
    """
    out, about = Path(out), DataDir(labels.folder)
    check_apart(labels.folder, out)
    synthesis = ParametricSynthesis(model.config, weight)
    lines = _chosen(model, labels, language, speaker)
    texts = about.table("text") if about.has("text") else {}

    def make(name: str, line: Line) -> Made:
        try:
            parameters = model.predict(*labels.read(line.number), line.language, line.speaker)
        except AudiolabError as error:
            raise AudiolabError(f"{labels.folder}: {name}: {error}") from error
        limiter = Limiter(name, always=True)
        wave = synthesis(parameters, limiter)
        tables = {"utt2spk": line.speaker, "utt2lang": line.language} | ({"text": texts[name]} if name in texts else {})
        return Made(wave, model.config.rate, tables, limiter.samples, parameters)

    chosen = {name: lines[name] for name in part.of(sorted(lines))}
    return write_recordings(chosen, make, out, part, LIMITED, "utterances", features=model.config)


def _chosen(model: AcousticModel, labels: LabelDump, language: str | None, speaker: str | None) -> Mapping[str, Line]:
    """Return utterance -> what is spoken."""
    if labels.linguistic and model.linguistic and labels.linguistic != model.linguistic:
        raise AudiolabError(
            f"{labels.folder}/linguistic.tsv: another set than that of the labels that the model was trained on; make "
            "these with that table"
        )
    for kind, asked, known in (("language", language, model.languages), ("speaker", speaker, model.speakers)):
        if asked is not None and asked not in known:
            raise AudiolabError(f"--{kind}: the model does not know '{asked}'{did_you_mean(asked, known)}")
    wanted = model.languages if language is None else [language]
    lines: dict[str, Line] = {}
    for number, name in enumerate(labels.utterances):
        voice = labels.speaker(number) if speaker is None else speaker
        if labels.language(number) in wanted and voice in model.speakers:
            lines[name] = Line(number, labels.language(number), voice)
    if not lines:
        raise AudiolabError(
            f"{labels.folder}: no utterance in a language ({', '.join(wanted)}) and of a speaker that the model knows; "
            "give another dump, or a --speaker of the model's"
        )
    if left := len(labels) - len(lines):
        logger.warning(
            "%s: %d of %d utterances are left out: another language or speaker", labels.folder, left, len(labels)
        )
    return lines
