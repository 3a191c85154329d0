"""Making a data dir's audio anew: at one rate, with other channels, in pieces; or pieces that name what is there."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from audiolab.config import option
from audiolab.datadir.apart import check_apart, check_recordings_apart
from audiolab.datadir.audio import Channels, excerpt_of, open_utterance, span_of
from audiolab.datadir.audiofile import Recording
from audiolab.datadir.audiowrite import audio_writer
from audiolab.datadir.combined import Combined
from audiolab.datadir.datadir import DataDir, withdraw_tables
from audiolab.datadir.headers import TABLE, Header
from audiolab.datadir.kinds import is_signal, kind_of
from audiolab.datadir.names import file_of
from audiolab.datadir.parts import Part
from audiolab.datadir.pieces import Cut, Piece, carried, pieces_of
from audiolab.datadir.restrict import restrict
from audiolab.errors import AudiolabError
from audiolab.files import replaced_together
from audiolab.samples import check_rate
from audiolab.waiting import told

logger = logging.getLogger(__name__)

Subtype = Literal["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"]

BLOCK = 1 << 20
"""Samples that are read and written at a time."""


@dataclass
class Form(Cut):
    """What audio is made."""

    rate: int | None = option(None, "sampling rate; null: each recording's own", "Hz")
    channels: Channels = option("mono", "mono: more than one is an error; mix: their mean; all: as they are")
    subtype: Subtype = option("PCM_16", "sample format of the WAV files")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rate is not None:
            check_rate(self.rate)


@dataclass(frozen=True)
class Opened:
    """An utterance whose audio is open: its recording in each signal, alike in rate and length.

    Attributes:
        signals: Table -> recording.
        rate: Of what is made, in Hz; samples count at it.
        start: The utterance's first sample.
        samples: How many it has.
    """

    signals: Mapping[str, Recording | Combined]
    rate: int
    start: int
    samples: int


def format_data_dir(datadir: DataDir, out: str | Path, form: Form, part: Part, allow_pipes: bool = False) -> DataDir:
    """Write the utterances of a data dir as WAV files of their own, and return the data dir of them.

    Writes ``<out>/wav/<id>.wav`` and ``wav.scp``, ``<out>/spk1/`` and ``spk1.scp`` and so on for further signals, which
    are cut alike, ``utt2dur``, ``reco2header``, and the tables that tell of what is made too (`kinds.Kind.holds`).

    Args:
        datadir: What is read.
        out: The data dir to write.
        form: What is made.
        part: Which utterances, where several jobs share them.
        allow_pipes: Whether entries that are commands may be run.

    Raises:
        AudiolabError: The data dir holds mixtures and no audio; signals of an utterance that differ in length or rate;
            audio that is refused; ``out`` is not apart from what is read.
    """
    out, utterances, signals = _begin(datadir, out, part)
    tables: dict[str, dict[str, str]] = {name: {} for name in (*signals, TABLE, "utt2dur")}
    names: dict[str, list[str]] = {}
    with contextlib.ExitStack() as stack:
        folders = {name: stack.enter_context(replaced_together(part.folder(out) / Path(name).stem)) for name in signals}
        for utterance in told(utterances, "utterances"):
            with _opened(datadir, utterance, signals, form.rate, allow_pipes) as opened:
                pieces = pieces_of(utterance, opened.start, opened.samples, opened.rate, form)
                names[utterance] = [piece.name for piece in pieces]
                for piece in pieces:
                    for signal, recording in opened.signals.items():
                        path = file_of(out / Path(signal).stem, piece.name, ".wav")
                        tables[signal][piece.name] = str(path)
                        header = _write(folders[signal] / path.name, path, recording, piece, opened.rate, form)
                        if signal == "wav.scp":
                            tables[TABLE][piece.name] = str(header)
                            tables["utt2dur"][piece.name] = f"{header.seconds:.6f}"
        withdraw_tables(part.folder(out))
    return part.write(out, _carry(datadir, names, form) | tables)


def cut_data_dir(datadir: DataDir, out: str | Path, cut: Cut, part: Part, allow_pipes: bool = False) -> DataDir:
    """Write a data dir whose ``segments`` are the pieces of another's utterances, of the same recordings; return it.

    Arguments and errors are those of `format_data_dir`; samples count at each recording's own rate. A ``cut`` that
    pads is an error.
    """
    if cut.segment_seconds is None or cut.pad:
        raise AudiolabError("--by_reference needs --segment_seconds, and can fill no piece with zeros (--pad)")
    out, utterances, signals = _begin(datadir, out, part)
    segments: dict[str, str] = {}
    durations: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for utterance in told(utterances, "utterances"):
        with _opened(datadir, utterance, signals, None, allow_pipes) as opened:
            segment = datadir.segment(utterance)
            pieces = pieces_of(utterance, opened.start, opened.samples, opened.rate, cut)
            names[utterance] = [piece.name for piece in pieces]
            for name, start, samples, _ in pieces:
                ends = " ".join(f"{sample / opened.rate:.7f}" for sample in (start, start + samples))
                segments[name] = f"{segment.recording if segment else utterance} {ends}"
                durations[name] = f"{samples / opened.rate:.6f}"
    of_recordings = {
        name: table for name, table in restrict(datadir.tables, utterances).items() if kind_of(name).key == "recording"
    }
    return part.write(out, _carry(datadir, names, cut, of_recordings) | {"segments": segments, "utt2dur": durations})


def _begin(datadir: DataDir, out: str | Path, part: Part) -> tuple[Path, list[str], list[str]]:
    """Return where to write, the job's utterances, and the tables of signals."""
    out = Path(out)
    check_apart(datadir.path, out)
    if datadir.has("mixtures") and not datadir.has("wav.scp"):
        raise AudiolabError(f"{datadir.path}: holds mixtures, and no audio; make_mixtures --write_mixtures writes it")
    check_recordings_apart(datadir, out)
    datadir.table("wav.scp")
    return out, list(part.of(datadir.utterances)), [name for name in datadir.names if _is_cut(name)]


def _is_cut(table: str) -> bool:
    """Return whether a table names audio of the utterances, not what these are mixed of."""
    return is_signal(table) and kind_of(table).key == "recording"


@contextlib.contextmanager
def _opened(
    datadir: DataDir, utterance: str, signals: list[str], rate: int | None, allow_pipes: bool
) -> Iterator[Opened]:
    """Open an utterance's audio in all signals, which must be alike."""
    with contextlib.ExitStack() as stack:
        opened = {name: stack.enter_context(open_utterance(datadir, utterance, name, allow_pipes)) for name in signals}
        first = opened["wav.scp"]
        for other in opened.values():
            if (other.samples, other.rate) != (first.samples, first.rate):
                raise AudiolabError(
                    f"{other.where}: {other.samples} samples at {other.rate} Hz, and wav.scp's has {first.samples} at "
                    f"{first.rate} Hz; signals of an utterance are to be alike"
                )
        rate = rate or first.rate
        yield Opened(opened, rate, *span_of(datadir, utterance, first, rate))


def _write(path: Path, name: Path, recording: Recording | Combined, piece: Piece, rate: int, form: Form) -> Header:
    """Write a piece, which is to be moved to ``name``, and return its header."""
    channels = recording.channels if form.channels == "all" else 1
    with audio_writer(path, rate, channels, form.subtype, name) as write:
        for first in range(0, piece.samples, BLOCK):
            count = min(BLOCK, piece.samples - first)
            write(excerpt_of(recording, rate, piece.start + first, count, form.channels))
        write(np.zeros((piece.zeros, channels), np.float32))
    return Header(piece.samples + piece.zeros, rate, channels, path.stat().st_size)


def _carry(
    datadir: DataDir, names: Mapping[str, list[str]], cut: Cut, further: Mapping[str, dict[str, str]] | None = None
) -> dict[str, dict[str, str]]:
    """Return the tables that are carried along, and ``further`` ones; log which are left out."""
    datadir.tell_unknown()
    kept = {**carried(datadir.tables, names, cut), **(further or {})}
    made = {*kept, "spk2utt", "segments", "utt2dur", TABLE, *filter(_is_cut, datadir.names)}
    if left := sorted(set(datadir.names) - made):
        logger.info("%s: left out, for they do not tell of what is made: %s", datadir.path, " ".join(left))
    return kept
