"""Reading one recording, from a file, from an archive or from a command, and refusing broken ones.

libsndfile reads what there is of a truncated file without a word, so the header's promise is compared with the file.
"""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from audiolab.datadir.source import Source, command_output, parse_entry, reason_of
from audiolab.datadir.wavheader import missing_bytes
from audiolab.errors import AudiolabError

SEGMENT_SLACK = 0.01
"""Seconds by which a segment may end after its recording, for times are written with two or three decimals."""


def read_wav(
    entry: str | Path,
    allow_pipes: bool = False,
    start: float = 0.0,
    end: float | None = None,
    where: str = "",
) -> tuple[np.ndarray, int]:
    """Read the audio that a ``wav.scp`` entry names, or a piece of it.

    Args:
        entry: A path, ``archive:offset``, or with ``allow_pipes`` a command ``… |``.
        allow_pipes: Whether a command may be run.
        start: Where to begin, in seconds; only what is asked for is read from a file.
        end: Where to stop, in seconds; None for the end of the recording.
        where: What begins an error message, such as a table and an utterance; the entry itself when empty.

    Returns:
        Samples, float32 in [-1, 1), of shape N, or N × C for C > 1 channels; and the sampling rate in Hz.

    Raises:
        AudiolabError: A file that is missing, empty, truncated or no audio; NaN or infinite samples; a piece that is
            not in the recording; a command that is not allowed or fails.
    """
    where = f"{where}: {entry}" if where else str(entry)
    with open_audio(entry, allow_pipes, where) as file:
        first, stop = _frames(start, end, file.frames, file.samplerate, where)
        try:
            file.seek(first)
            samples = file.read(stop - first, dtype="float32")
        except soundfile.LibsndfileError as error:
            raise AudiolabError(f"{where}: broken audio: {error.error_string}; make the file again") from error
        rate = file.samplerate
    if len(samples) < stop - first:
        raise AudiolabError(f"{where}: truncated: ends after {len(samples)} of {stop - first} samples; get it again")
    bad = ~np.isfinite(samples)
    if bad.any():
        place = int(np.argmax(bad.reshape(len(samples), -1).any(axis=1))) + first
        raise AudiolabError(f"{where}: sample {place} is NaN or infinite ({int(bad.sum())} are); make the file again")
    return samples, rate


def audio_info(entry: str | Path, allow_pipes: bool = False, where: str = "") -> tuple[int, int, int]:
    """Return (samples, rate in Hz, channels) from the header, having checked that the file is not cut short."""
    where = f"{where}: {entry}" if where else str(entry)
    with open_audio(entry, allow_pipes, where) as file:
        return file.frames, file.samplerate, file.channels


@contextlib.contextmanager
def open_audio(entry: str | Path, allow_pipes: bool, where: str) -> Iterator[soundfile.SoundFile]:
    """Open a ``wav.scp`` entry for reading; raises as `read_wav` for what its header tells."""
    source = parse_entry(str(entry))
    with _open_bytes(source, allow_pipes, where) as file:
        if not file.read(1):
            raise AudiolabError(f"{where}: empty, 0 bytes; make the file again")
        file.seek(0)
        missing = missing_bytes(file)
        if missing:
            raise AudiolabError(f"{where}: truncated: {missing} bytes fewer than its header promises; get it again")
        try:
            # by its name libsndfile reads a file itself, which takes less time than calls back to Python
            audio = soundfile.SoundFile(file if isinstance(file, io.BytesIO) else file.name)
        except (soundfile.LibsndfileError, TypeError) as error:
            reason = str(getattr(error, "error_string", error))
            reason = reason.removeprefix("Error : ").rstrip(".")
            raise AudiolabError(
                f"{where}: no audio that can be read ({reason}); WAV, FLAC, OGG and MP3 are; make the file again"
            ) from error
        with audio:
            if audio.frames == 0:
                raise AudiolabError(f"{where}: empty, no samples behind the header; make the file again")
            yield audio


@contextlib.contextmanager
def _open_bytes(source: Source, allow_pipes: bool, where: str) -> Iterator[IO[bytes]]:
    if source.command:
        yield io.BytesIO(command_output(source, allow_pipes, where))
        return
    if source.ranges:
        raise AudiolabError(f"{where}: a range in brackets is for features; use a segments table for audio")
    try:
        with open(source.path, "rb") as file:
            yield file if source.offset is None else io.BytesIO(_from_archive(file, source.offset, where))
    except OSError as error:
        raise AudiolabError(f"{where}: cannot open: {reason_of(error, source)}") from error


def _from_archive(file: IO[bytes], offset: int, where: str) -> bytes:
    """Return the audio file that stands at ``offset`` of a Kaldi archive: RIFF or FLAC, or kaldiio's AUDIO block."""
    file.seek(offset)
    head = file.read(8)
    if head[:4] == b"RIFF":
        size = struct.unpack("<I", head[4:])[0] + 8
    elif head[:4] == b"fLaC":  # carries no length; it is as long as its decoder reads
        size = -1
    elif head[:5] == b"AUDIO":
        digits = head[5]
        file.seek(offset + 6)
        size = int.from_bytes(file.read(digits), "little")
        offset += 6 + digits
    else:
        raise AudiolabError(f"{where}: no audio at byte {offset}; the table is not of this archive, make both again")
    file.seek(offset)
    data = file.read(size)
    if len(data) < size:
        raise AudiolabError(f"{where}: truncated archive: {size - len(data)} bytes are missing; make it again")
    return data


def _frames(start: float, end: float | None, frames: int, rate: int, where: str) -> tuple[int, int]:
    """Return (first, one past the last) sample of a piece given in seconds, rounded to the nearest sample."""
    first = round(start * rate)
    stop = frames if end is None else round(end * rate)
    if stop > frames + SEGMENT_SLACK * rate:
        raise AudiolabError(f"{where}: the segment ends at {end} s, the recording at {frames / rate:.3f} s")
    stop = min(stop, frames)
    if not 0 <= first < stop:
        raise AudiolabError(f"{where}: the segment from {start} to {end} s holds no sample")
    return first, stop
