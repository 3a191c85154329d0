"""How a trained separator is run over a data dir of songs: its estimates of the sources, a song dir again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from audiolab.cli import ArgumentParser
from audiolab.data.stem_dir import SOURCES
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.parts import Part
from audiolab.errors import AudiolabError
from audiolab.inference import load
from audiolab.tasks.running import WHOLE
from audiolab.tasks.svs.separated import write_separated

Inputs = Literal["mixture", "tracks"]
"""``mixture``: both sources are estimated from ``wav.scp``; ``tracks``: each from its own track, ``vocals.scp`` or
``accompaniment.scp``, in which the other source is heard too."""


def add_options(parser: ArgumentParser) -> None:
    """Add what the sources are estimated from."""
    parser.add_argument(
        "--inputs", choices=get_args(Inputs), default="mixture",
        help="estimate both sources from wav.scp, or each from its own track, vocals.scp or accompaniment.scp",
    )  # fmt: skip


def read_options(options: Any) -> None:
    """Return nothing, as argparse has seen to all."""


def apply(options: Any, part: Part) -> DataDir:
    """Separate the songs of ``options.data`` into ``options.out``, or a part of them."""
    model = load(options.model, options.device, does="separate")
    return separate_songs(model, DataDir(options.data), options.out, options.inputs, part)


def separate_songs(separator: Any, songs: DataDir, out: str | Path, inputs: Inputs, part: Part = WHOLE) -> DataDir:
    """Separate the utterances of a data dir, each by itself, and return the song dir of the estimates.

    An utterance is a piece of a song where the dir has ``segments``, else a whole recording. Estimates have its rate,
    and its channels; those of tracks are of the mean of its channels. `write_separated` says what is written.

    Args:
        separator: Such as `audiolab.systems.poconet.predictor.Predictor`; its sources are `SOURCES`.
        songs: What is separated.
        out: The song dir to write.
        inputs: What the sources are estimated from.
        part: Which utterances, where several jobs share them.

    Raises:
        AudiolabError: A table or a recording is missing or broken; ``out`` is not apart from what is read, or an id
            cannot name a file.
    """
    tables = _inputs(songs, inputs)

    def separate(name: str) -> tuple[dict[str, np.ndarray], int]:
        waves: dict[str, np.ndarray] = {}
        rate = None
        for table, sources in tables.items():
            channels = "all" if inputs == "mixture" else "mix"
            wave, rate = load_utterance(songs, name, rate, table=table, channels=channels)
            try:
                found = separator.separate(wave, rate)
            except AudiolabError as error:
                raise AudiolabError(f"{songs.path}/{table}: {name}: {error}") from error
            waves |= {source: found[source] for source in sources}
        return waves, rate

    return write_separated(songs, separate, out, part)


def _inputs(songs: DataDir, inputs: Inputs) -> dict[str, tuple[str, ...]]:
    """Return table of signals -> the sources that are estimated from it."""
    tables = {"wav.scp": SOURCES} if inputs == "mixture" else {f"{source}.scp": (source,) for source in SOURCES}
    for table in tables:
        if not songs.has(table):
            raise AudiolabError(f"{songs.path}: no {table}, which --inputs {inputs} reads; name a dir that has it")
    return tables
