"""Running a converter over files of any length and over data dirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from audiolab.datadir.apart import check_apart, check_recordings_apart
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.audiofile import open_audio
from audiolab.datadir.audiowrite import audio_writer, write_audio
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.names import file_of
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.synthesis.streaming import fault_of

BLOCK = 1 << 18
"""Samples that are read at a time."""


class Converter(Protocol):
    """What `convert_data_dir` needs of a converter: the speakers' ids and ``convert(wave, rate)``."""

    source: str
    target: str

    def convert(self, wave: np.ndarray, rate: int) -> np.ndarray: ...


def convert_file(
    stream: Callable[[Iterable[np.ndarray], int], Iterable[np.ndarray]], source: str | Path, out: str | Path
) -> None:
    """Convert a file of any length in bounded memory; ``out`` is written as a whole or not at all.

    Args:
        stream: Takes blocks [n, channels] and their rate in Hz, and gives converted blocks.
        source: Audio that libsndfile reads.
        out: Its ending names the format; the sample format is the source's where that format has it. May be the source.

    Raises:
        AudiolabError: The source is missing or broken, or holds NaN or floats on the scale of integers; the ending is
            unknown, or its format does not take the source's rate or channels; the disk is full.
    """
    with open_audio(str(source), False, str(source)) as audio:
        blocks = stream(checked_blocks(audio, source), audio.samplerate)
        with audio_writer(out, audio.samplerate, audio.channels, audio.subtype) as write:
            for block in blocks:
                write(block)


def convert_data_dir(converter: Converter, datadir: DataDir, out: str | Path, rate: int) -> DataDir:
    """Convert the source speaker's utterances of a data dir, and return the data dir of the results.

    Writes ``<out>/wav/<utterance>.wav`` (16 bit), ``wav.scp``, ``utt2spk`` (the target speaker), ``spk2utt``,
    ``utt2source`` (the source utterance) and ``text`` where the data dir has it. An utterance that was ``A_30001`` is
    ``B-A_30001`` when B is the target.

    Raises:
        AudiolabError: The data dir has no utterance of the source speaker, or one is broken; ``out`` is not apart from
            what is read, or an id cannot name a file.
    """
    out = Path(out)
    check_apart(datadir.path, out)
    check_recordings_apart(datadir, out)
    speakers = datadir.table("utt2spk")
    utterances = [utterance for utterance in datadir.utterances if speakers[utterance] == converter.source]
    if not utterances:
        hint = did_you_mean(converter.source, datadir.speakers)
        raise AudiolabError(f"{datadir.path}: no utterance of speaker {converter.source}{hint}")
    tables: dict[str, dict[str, str]] = {"wav.scp": {}, "utt2spk": {}, "utt2source": {}}
    if datadir.has("text"):
        tables["text"] = {}
    names = {utterance: f"{converter.target}-{utterance}" for utterance in utterances}
    files = {name: file_of(out / "wav", name, ".wav") for name in names.values()}
    for utterance, name in names.items():
        wave, _ = load_utterance(datadir, utterance, rate, allow_silent=False)
        path = files[name]
        write_audio(path, converter.convert(wave, rate), rate)
        rows = {"wav.scp": str(path), "utt2spk": converter.target, "utt2source": utterance}
        if "text" in tables:
            rows["text"] = datadir.table("text")[utterance]
        for table, value in rows.items():
            tables[table][name] = value
    return write_data_dir(out, tables, replace=True)


def checked_blocks(audio: soundfile.SoundFile, source: str | Path) -> Iterator[np.ndarray]:
    """Yield what is in an open file, float32 [n, channels], having checked that it is sound and all there."""
    position = 0
    try:
        for block in audio.blocks(BLOCK, dtype="float32", always_2d=True):
            fault = fault_of(block)
            if fault is not None:
                raise AudiolabError(f"{source}: sample {position + fault[0]} is {fault[1]}; make the file again")
            position += len(block)
            yield block
    except soundfile.LibsndfileError as error:
        raise AudiolabError(f"{source}: broken audio: {error.error_string}; make the file again") from error
    if position < audio.frames:
        raise AudiolabError(f"{source}: truncated: ends after {position} of {audio.frames} samples; get it again")
