"""How a converter of many speakers is run over a data dir: every utterance to every target."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.data.embeddings import SPEAKERS
from audiolab.datadir.apart import check_files_apart, check_not_read
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.parts import Part
from audiolab.errors import AudiolabError, shown
from audiolab.synthesis.limiter import Limiter
from audiolab.synthesis.mel_converter import MelConverter
from audiolab.tasks.running import Made, check_out, write_recordings
from audiolab.tasks.vc.source import LIMITED, Told, read_source
from audiolab.tasks.vc.voices import GRIFFIN_LIM, Voices, make_vocoder

_OF_MANY: dict[str, Any] = {
    "voices": "", "targets": [], "itself": False, "target": [], "source_voice": [], "encoder": "",
    "vocoder": GRIFFIN_LIM,
}  # fmt: skip
"""Options that a converter of one pair has no use for, with their defaults."""


def add_options(parser: ArgumentParser) -> None:
    """Add whom a converter of many speakers converts to whom, and what makes audio of it."""
    add_vocoder_options(parser)
    parser.add_argument(
        "--voices", default="", help="folder with spk_embedding.scp of targets and sources; else training speakers'"
    )
    parser.add_argument("--targets", nargs="*", default=[], metavar="SPEAKER", help="to whom all others are converted")
    parser.add_argument("--itself", action="store_true", help="convert targets to themselves, too: reconstruction")


def add_vocoder_options(parser: ArgumentParser) -> None:
    """Add what a converter of many speakers needs beside itself."""
    parser.add_argument("--vocoder", default=GRIFFIN_LIM, help=f"{GRIFFIN_LIM}, or the run of a trained vocoder")
    parser.add_argument(
        "--encoder", default="", help="run of a speaker encoder, for voices without embedding; else the model's own"
    )


def refuse_options(options: Any) -> None:
    """Raise `AudiolabError` where options of `add_options` are given, which a converter of one pair has no use for."""
    for name, default in _OF_MANY.items():
        if getattr(options, name, default) != default:
            raise AudiolabError(f"{options.model}: converts one pair of speakers; --{name} is for converters of many")


def voice_for(model: Any, options: Any) -> MelConverter:
    """Return the conversion of one file, ``options.files[0]``, that is asked for on the command line.

    Raises:
        AudiolabError: There is no target, or a voice is not known; what is to be written tells one of them.
    """
    if not options.target:
        raise AudiolabError(
            f"{options.model}: converts between many speakers; give --target, a folder of recordings or one of: "
            f"{shown(list(model.speakers))}"
        )
    voices = Voices(model, options.model, encoder=options.encoder)
    for given in (options.target, options.source_voice):
        check_not_read(options.files[1], *voices.recordings(given))
    target = voices.named(options.target)
    source = voices.named(options.source_voice) if options.source_voice else voices.of_recordings(options.files[:1])
    return model.between(source, target, make_vocoder(options.vocoder, model))


def _names(datadir: DataDir, targets: Sequence[str], itself: bool) -> dict[str, tuple[str, str]]:
    """Return the ids of the conversions -> utterance and target; raises `AudiolabError` where there are none."""
    owners = datadir.table("utt2spk")
    names = {
        f"{target}-{utterance}": (utterance, target)
        for target in targets
        for utterance in datadir.utterances
        if itself or owners[utterance] != target
    }
    if not names:
        raise AudiolabError(f"{datadir.path}: no utterance of another speaker than {', '.join(targets)}; see --itself")
    return names


def convert_data_dir(model: Any, options: Any, part: Part) -> DataDir:
    """Convert every utterance of ``options.data`` to every target but its own speaker, and return the data dir.

    Writes what `audiolab.tasks.vc.apply.convert_data_dir` does, at the model's rate, ``utt2lang`` where the data dir
    has it, and the converted spectrograms: ``feats.scp``, ``utt2num_frames``, ``features.yaml``. An utterance of a
    speaker whose embedding is not known is told by its own, of the encoder.

    Raises:
        AudiolabError: There is no target, or one without embedding; nothing is to be converted; an utterance is broken
            or at a lower rate than the model's; ``options.out`` is not apart from what is read.
    """
    datadir = DataDir(options.data)
    check_out(datadir, options.out)
    if options.voices:
        check_files_apart([Path(options.voices) / SPEAKERS], options.out)
    if not options.targets:
        raise AudiolabError(f"{options.model}: converts between many speakers; give those to convert to as --targets")
    voices = Voices(model, options.model, options.voices, options.encoder)
    to = {target: voices.required(target) for target in dict.fromkeys(options.targets)}
    owners, told, vocoder = (
        datadir.table("utt2spk"),
        Told(datadir, "text", "utt2lang"),
        make_vocoder(options.vocoder, model),
    )
    names = _names(datadir, list(to), options.itself)
    own: dict[str, np.ndarray] = {}  # what tells utterances of unknown speakers

    def convert(name: str, work: tuple[str, str]) -> Made:
        utterance, target = work
        wave, rate, within = read_source(datadir, utterance, model.rate)
        limiter, mels = Limiter(name, always=within), list[np.ndarray]()
        try:
            source = voices.of_speaker(owners[utterance])
            if source is None:
                if utterance not in own:
                    own[utterance] = voices.of_wave(wave, rate)
                source = own[utterance]
            made = model.between(source, to[target], vocoder).convert(wave, rate, limiter, mels)
        except AudiolabError as error:
            raise AudiolabError(f"{datadir.path}: {utterance}: {error}") from error
        mel = np.concatenate(mels)[:, 0]
        return Made(made, rate, told.of(utterance, target), limiter.samples, mel)

    chosen = {name: names[name] for name in part.of(list(names))}
    return write_recordings(chosen, convert, Path(options.out), part, LIMITED, "utterances", features=model.analysis)
