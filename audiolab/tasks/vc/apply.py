"""How a trained converter is run: over files of any length and over data dirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.config import add_arguments, from_namespace, option
from audiolab.data.files import convert_file
from audiolab.datadir.audio import resample
from audiolab.datadir.audiofile import open_audio
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.parts import Part
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.inference import load
from audiolab.synthesis.envelope_converter import EnvelopeConverterConfig
from audiolab.synthesis.limiter import Limiter
from audiolab.tasks.running import WHOLE, Made, check_out, write_recordings
from audiolab.tasks.vc import many
from audiolab.tasks.vc.source import LIMITED, Told, read_source


@dataclass
class InferenceConfig:
    """What ``infer_config`` holds."""

    conversion: EnvelopeConverterConfig = option(EnvelopeConverterConfig)
    f0: str = option("keep", "keep: the source's, as in the paper; speakers: by the medians' ratio; or a factor")


def add_options(parser: ArgumentParser) -> None:
    """Add which way a model converts and how, and whom one of many speakers converts to whom."""
    add_pair_options(parser)
    many.add_options(parser)


def add_pair_options(parser: ArgumentParser) -> None:
    """Add which way a converter of one pair of speakers converts, and how."""
    parser.add_argument("--reverse", action="store_true", help="convert the model's target speaker to its source")
    add_arguments(parser, InferenceConfig)


def read_options(options: Any) -> InferenceConfig:
    """Return what the options of `add_pair_options` say; raises `AudiolabError` for what they cannot be."""
    return from_namespace(InferenceConfig, options)


def load_model(options: Any) -> tuple[Any, bool]:
    """Return what ``options.model`` is on ``options.device``, and whether it converts between many speakers.

    Raises:
        AudiolabError: It is no converter, or options are given that are for converters of the other kind.
    """
    model = load(options.model, options.device, does="convert")
    if not hasattr(model, "between"):
        many.refuse_options(options)
        return model, False
    if options.reverse or read_options(options) != InferenceConfig():
        raise AudiolabError(
            f"{options.model}: converts between many speakers; --reverse, --f0 and --conversion are for one pair"
        )
    return model, True


def pair_voice(model: Any, options: Any) -> Any:
    """Return the conversion of a pair of speakers, as the options of `add_pair_options` say."""
    config = read_options(options)
    return model.voice(options.reverse, config.f0, config.conversion)


def apply(options: Any, part: Part) -> DataDir:
    """Convert ``options.data`` into ``options.out``, or a part of it."""
    model, between_many = load_model(options)
    if between_many:
        return many.convert_data_dir(model, options, part)
    voice = pair_voice(model, options)
    return convert_data_dir(voice, DataDir(options.data), options.out, voice.analysis.stft.rate, part)


class Converter(Protocol):
    """A converter, with its speakers' ids."""

    source: str
    target: str

    def convert(self, wave: np.ndarray, rate: int, limiter: Limiter | None = None) -> np.ndarray: ...

    def stream(
        self, blocks: Iterable[np.ndarray], rate: int, limiter: Limiter | None = None
    ) -> Iterable[np.ndarray]: ...


def convert_recording(converter: Converter, source: str | Path, out: str | Path) -> None:
    """Convert a file as `convert_file` does, within full scale but where it holds floats that pass it themselves.

    A lossy decoder passes it with any recording at full scale: that is no reason to clip what is made of it.
    """
    with open_audio(source) as audio:
        limiter = Limiter(always=audio.subtype not in ("FLOAT", "DOUBLE"))
    convert_file(lambda blocks, rate: converter.stream(blocks, rate, limiter), source, out)


def convert_data_dir(converter: Converter, datadir: DataDir, out: str | Path, rate: int, part: Part = WHOLE) -> DataDir:
    """Convert the source speaker's utterances of a data dir, and return the data dir of the results.

    Writes ``<out>/wav/<utterance>.wav`` (16 bit), ``wav.scp``, ``utt2spk`` (the target speaker), ``spk2utt``,
    ``utt2source`` (the source utterance), ``utt2limited`` (how many samples were kept within full scale) and ``text``
    where the data dir has it. An utterance that was ``A_30001`` is ``B-A_30001`` when B is the target.

    Args:
        converter: Converts.
        datadir: What is converted.
        out: The data dir to write.
        rate: Of the results, in Hz. Recordings of a lower rate are converted at their own, so that the converter knows
            where their data end.
        part: Which of them, where several jobs share them.

    Raises:
        AudiolabError: The data dir has no utterance of the source speaker, or one is broken; ``out`` is not apart from
            what is read, or an id cannot name a file.
    """
    out = Path(out)
    check_out(datadir, out)
    speakers = datadir.table("utt2spk")
    utterances = [utterance for utterance in datadir.utterances if speakers[utterance] == converter.source]
    if not utterances:
        hint = did_you_mean(converter.source, datadir.speakers)
        raise AudiolabError(f"{datadir.path}: no utterance of speaker {converter.source}{hint}")
    told = Told(datadir, "text")

    def convert(name: str, utterance: str) -> Made:
        wave, at, within = read_source(datadir, utterance, rate)
        limiter = Limiter(name, always=within)
        try:
            converted = resample(converter.convert(wave, at, limiter), at, rate)
        except AudiolabError as error:
            raise AudiolabError(f"{datadir.path}: {utterance}: {error}") from error
        return Made(converted, rate, told.of(utterance, converter.target), limiter.samples)

    names = {f"{converter.target}-{utterance}": utterance for utterance in part.of(utterances)}
    return write_recordings(names, convert, out, part, LIMITED, "utterances")
