"""What can be wrong with the files that a data dir's scp tables name: audio, and matrices in archives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from audiolab.datadir.arkread import read_shape
from audiolab.datadir.audiofile import audio_info, read_wav
from audiolab.datadir.entry import files_of
from audiolab.datadir.faults import Fault, Scan
from audiolab.datadir.headers import kept_header
from audiolab.datadir.relations import SEGMENT_SLACK, parse_segment
from audiolab.datadir.table import parse_count
from audiolab.errors import AudiolabError
from audiolab.samples import is_silent
from audiolab.waiting import told

MATRIX_TABLES = ("feats.scp", "f0.scp", "vad.scp", "cmvn.scp")


def check_audio(
    table: Scan, read_audio: bool, allow_pipes: bool, durations: dict[str, float], headers: Mapping[str, str]
) -> Iterator[Fault]:
    """Yield the faults of a table of audio: files that are missing, empty, truncated or no audio.

    Args:
        table: ``wav.scp`` or a further signal's table.
        read_audio: Read all samples too: NaN and infinite ones are faults, silence is a warning.
        allow_pipes: Run entries that are commands; they are not looked at otherwise.
        durations: Filled with each recording's seconds.
        headers: ``reco2header`` of this table; what still holds is not looked at again.
    """
    for row in told(table.rows, f"entries of {table.name}", len(table.rows)):
        if "~" in row.value and _begins_at_home(row.value):
            yield Fault(table.name, row.line, f"the path of '{row.key}' begins with ~, which only a shell expands")
            continue
        if row.value.endswith("|") and not allow_pipes:
            continue
        try:
            header = kept_header(headers, row.key, row.value)
            frames, rate, _ = header[:3] if header else audio_info(row.value, allow_pipes)
            durations[row.key] = frames / rate
            silent = read_audio and is_silent(read_wav(row.value, allow_pipes)[0])
        except AudiolabError as error:
            yield Fault(table.name, row.line, f"'{row.key}': {error}")
            continue
        if silent:
            yield Fault(table.name, row.line, f"'{row.key}': {row.value} is silent", fatal=False)


def _begins_at_home(entry: str) -> bool:
    """Return whether a path in an entry begins with ``~``."""
    try:
        return any(path.startswith("~") for path in files_of(entry))
    except AudiolabError:  # told by who opens it
        return False


def check_segment_ends(segments: Scan, durations: dict[str, float]) -> Iterator[Fault]:
    """Yield the segments that end after their recording, whose ``durations`` in seconds are known."""
    for row in segments.rows:
        segment, problem = parse_segment(row.value)
        if problem or segment.recording not in durations:
            continue
        duration = durations[segment.recording]
        if segment.end > duration + SEGMENT_SLACK:
            message = f"'{row.key}' ends at {segment.end:g} s, its recording '{segment.recording}' at {duration:.3f} s"
            yield Fault(segments.name, row.line, message)


def check_matrices(table: Scan, frames: dict[str, str], allow_pipes: bool) -> Iterator[Fault]:
    """Yield the entries that lead to no matrix, or to one with another number of columns or rows than it should have.

    Args:
        table: A table of matrices.
        frames: ``utt2num_frames``, or nothing when it does not apply.
        allow_pipes: Run entries that are commands; they are not looked at otherwise.
    """
    columns: tuple[int, ...] | None = None
    for row in told(table.rows, f"entries of {table.name}", len(table.rows)):
        if row.value.endswith("|") and not allow_pipes:
            continue
        try:
            shape = read_shape(row.value, allow_pipes)
        except AudiolabError as error:
            yield Fault(table.name, row.line, f"'{row.key}': {error}")
            continue
        columns = shape[1:] if columns is None else columns
        if shape[1:] != columns:
            yield Fault(table.name, row.line, f"'{row.key}' has {shape[1:]} columns, those before have {columns}")
        stated = parse_count(frames.get(row.key, ""))
        if stated is not None and stated != shape[0]:
            message = f"'{row.key}' has {shape[0]} frames; utt2num_frames says {stated}"
            yield Fault(table.name, row.line, message)
