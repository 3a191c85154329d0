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

FRAMED = ("feats.scp", "f0.scp", "vad.scp")
"""Tables of matrices with a row a frame."""

MATRIX_TABLES = (*FRAMED, "cmvn.scp", "embedding.scp", "spk_embedding.scp", "labels.scp", "durations.scp")

_EXACT = 1e-6
"""Seconds that are no difference of lengths: less than a sample, more than what rounding leaves."""


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


def latest_ends(segments: Scan) -> dict[str, float]:
    """Return recording -> the latest end of its segments, s; segments that are none count for nothing."""
    ends: dict[str, float] = {}
    for row in segments.rows:
        segment, problem = parse_segment(row.value)
        if not problem:
            ends[segment.recording] = max(segment.end, ends.get(segment.recording, 0.0))
    return ends


def check_lengths(
    table: Scan, durations: Mapping[str, float], wanted: Mapping[str, float], ends: Mapping[str, float] | None
) -> Iterator[Fault]:
    """Yield the recordings of a further signal that differ in length from ``wav.scp``'s.

    Args:
        table: The further signal's table.
        durations: Its recordings' seconds, where they are known.
        wanted: Those of ``wav.scp``.
        ends: Recording -> the latest end of its segments, s: what follows may differ; None without segments.
    """
    for row in table.rows:
        if row.key not in durations or row.key not in wanted:
            continue
        found, whole = durations[row.key], wanted[row.key]
        if ends is None and abs(found - whole) > _EXACT:
            message = f"'{row.key}' has {found:.6f} s, and {whole:.6f} s in wav.scp; signals are to be alike"
            yield Fault(table.name, row.line, message)
        elif ends is not None and found < min(whole, ends.get(row.key, 0.0)) - _EXACT:
            message = f"'{row.key}' ends at {found:.6f} s, before its last segment, at {ends[row.key]:g} s"
            yield Fault(table.name, row.line, message)


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
