"""How a trained separator is run over a data dir of songs: its estimates of the sources, a song dir again."""

from __future__ import annotations

import logging
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
from audiolab.tasks.running import WHOLE, Made, check_out, write_recordings

logger = logging.getLogger(__name__)

Inputs = Literal["mixture", "tracks"]
"""``mixture``: both sources are estimated from ``wav.scp``; ``tracks``: each from its own track, ``vocals.scp`` or
``accompaniment.scp``, in which the other source is heard too."""

CLIPPED = "utt2clipped"
"""Table of the song dir that is made: how many samples of both sources lie over full scale, and are clipped."""

KEPT = ("utt2spk", "utt2lang")
"""Tables that the song dir that is made has as the one that is read."""


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

    An utterance is a piece of a song where the dir has ``segments``, else a whole recording; it is read at the model's
    rate, and of several channels their mean. Writes ``<out>/wav/<id>.vocals.wav`` and ``<id>.accompaniment.wav`` (16
    bit), ``vocals.scp``, ``accompaniment.scp``, ``wav.scp`` (their sum), ``utt2spk``, ``spk2utt``, ``utt2song``,
    ``utt2clipped``, and ``utt2lang`` where the dir has it.

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
    out, tables = Path(out), _inputs(songs, inputs)
    check_out(songs, out)
    kept = {name: songs.table(name) for name in KEPT if songs.has(name)}

    def separate(name: str, utterance: str) -> Made:
        waves: dict[str, np.ndarray] = {}
        for table, sources in tables.items():
            wave, _ = load_utterance(songs, utterance, separator.rate, table=table, channels="mix")
            try:
                found = separator.separate(wave, separator.rate)
            except AudiolabError as error:
                raise AudiolabError(f"{songs.path}/{table}: {utterance}: {error}") from error
            waves |= {source: found[source] for source in sources}
        told = {table: of[utterance] for table, of in kept.items() if utterance in of}
        return Made(waves, separator.rate, told | {"utt2song": _song_of(songs, utterance)})

    chosen = {utterance: utterance for utterance in part.of(songs.utterances)}
    made = write_recordings(chosen, separate, out, part, CLIPPED, "pieces of songs", SOURCES)
    if files := sum(count != "0" for count in made.table(CLIPPED).values()):
        logger.warning("%s: %d of %d pieces have samples over full scale, which are clipped", out, files, len(chosen))
    return made


def _inputs(songs: DataDir, inputs: Inputs) -> dict[str, tuple[str, ...]]:
    """Return table of signals -> the sources that are estimated from it."""
    tables = {"wav.scp": SOURCES} if inputs == "mixture" else {f"{source}.scp": (source,) for source in SOURCES}
    for table in tables:
        if not songs.has(table):
            raise AudiolabError(f"{songs.path}: no {table}, which --inputs {inputs} reads; name a dir that has it")
    return tables


def _song_of(songs: DataDir, utterance: str) -> str:
    """Return the song of which an utterance is; without ``utt2song`` the id of its recording."""
    segment = songs.segment(utterance)
    alone = segment.recording if segment else utterance
    return songs.table("utt2song").get(utterance, alone) if songs.has("utt2song") else alone
