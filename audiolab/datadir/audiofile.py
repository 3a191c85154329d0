"""Reading one recording, from a file, from an archive or from a command: all its samples, or an error that names it.

What the file's bytes promise (`audiolab.datadir.formats`), what the decoder says, and what it gives must be one number.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from audiolab.datadir.formats.detect import layout_of
from audiolab.datadir.formats.layout import Layout, Unsound
from audiolab.datadir.formats.view import View
from audiolab.datadir.source import Source, command_output, parse_entry, reason_of
from audiolab.errors import AudiolabError
from audiolab.samples import check_rate, fault_of

BLOCK = 1 << 18
"""Samples that are decoded at a time."""

_BUFFER = 1 << 16
"""Bytes that are read of a file at a time where libsndfile does not read it itself."""

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
        AudiolabError: A file that is missing, empty, truncated or no audio; samples that are NaN, infinite or on the
            scale of integers; a piece that is not in the recording; a command that is not allowed or fails.
    """
    with open_audio(entry, allow_pipes, where) as recording:
        first, stop = _range(start, end, recording.samples, recording.rate, recording.where)
        samples = recording.read(first, stop)
        return samples[:, 0] if recording.channels == 1 else samples, recording.rate


def audio_info(entry: str | Path, allow_pipes: bool = False, where: str = "") -> tuple[int, int, int]:
    """Return (samples, rate in Hz, channels), having checked that the file is not cut short, without decoding it."""
    with open_audio(entry, allow_pipes, where) as recording:
        if not recording.whole:
            for _ in recording.blocks():
                pass
        return recording.samples, recording.rate, recording.channels


class Recording:
    """An open recording, of which all samples are read or an error is raised; made by `open_audio`.

    Args:
        audio: The decoder, open at the first sample.
        layout: What the file's bytes say.
        where: What begins an error message.

    Attributes:
        samples: Of each channel.
        rate: In Hz.
        channels: How many.
        subtype: libsndfile's name of the sample format.
        whole: Whether it is known that all samples are there; otherwise reading them tells.
    """

    def __init__(self, audio: soundfile.SoundFile, layout: Layout, where: str) -> None:
        self._audio, self._exact, self._at = audio, layout.exact, 0
        self.where, self.whole = where, layout.whole
        self.samples, self.rate, self.channels, self.subtype = (
            audio.frames, audio.samplerate, audio.channels, audio.subtype
        )  # fmt: skip
        if layout.samples == 0 or self.samples <= 0:
            raise AudiolabError(f"{where}: empty, no samples behind the header; make the file again")
        if layout.samples not in (None, self.samples):
            raise AudiolabError(
                f"{where}: broken audio: {layout.samples} samples by its size, {self.samples} by its header; make the "
                "file again"
            )
        try:
            check_rate(self.rate)
        except AudiolabError as error:
            raise AudiolabError(f"{where}: {error}") from error

    def read(self, first: int, stop: int) -> np.ndarray:
        """Return the samples from ``first`` up to ``stop``, float32 [stop - first, channels].

        Raises:
            AudiolabError: They are not all there or cannot be decoded; one is NaN, infinite or beyond any full scale.
        """
        self._seek(first)
        blocks = list(self._decoded(stop - first))
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all samples, float32 [n, channels] with n ≤ `BLOCK`; raises as `read` does."""
        self._seek(0)
        yield from self._decoded(self.samples)

    def _seek(self, first: int) -> None:
        """Make ``first`` the next sample."""
        if first == self._at:
            return
        back = self._exact is not None and first >= self._exact  # the decoder would miss it
        place = 0 if back or not self._audio.seekable() else first
        try:
            if self._audio.seekable():
                self._audio.seek(place)
                self._at = place
        except soundfile.LibsndfileError as error:
            raise self._broken(error) from error
        if first < self._at:
            raise AudiolabError(f"{self.where}: can be read from its beginning only; convert it to WAV")
        for _ in self._decoded(first - self._at):
            pass

    def _decoded(self, count: int) -> Iterator[np.ndarray]:
        """Yield the next ``count`` samples; no array is longer than `BLOCK`, whatever a header promises."""
        stop = self._at + count
        while self._at < stop:
            block = np.empty((min(BLOCK, stop - self._at), self.channels), np.float32)
            try:
                found = self._audio.read(out=block)  # not `blocks`, which fills up what is missing with older samples
            except soundfile.LibsndfileError as error:
                raise self._broken(error) from error
            fault = fault_of(found)
            if fault is not None:
                raise AudiolabError(f"{self.where}: sample {self._at + fault[0]} is {fault[1]}; make the file again")
            self._at += len(found)
            if len(found) < len(block):
                raise AudiolabError(
                    f"{self.where}: truncated: ends after {self._at} of {self.samples} samples; get it again"
                )
            yield found

    def _broken(self, error: soundfile.LibsndfileError) -> AudiolabError:
        return AudiolabError(f"{self.where}: broken audio: {_reason(error)}; make the file again")


@contextlib.contextmanager
def open_audio(entry: str | Path, allow_pipes: bool = False, where: str = "") -> Iterator[Recording]:
    """Open a ``wav.scp`` entry for reading; arguments and errors as those of `read_wav`."""
    where = f"{where}: {entry}" if where else str(entry)
    source = parse_entry(str(entry))
    with _open_bytes(source, allow_pipes, where) as file:
        if not file.read(1):
            raise AudiolabError(f"{where}: empty, 0 bytes; make the file again")
        try:
            embedded = source.offset is not None and file.getbuffer()[:4] == b"fLaC"
            layout = Layout(whole=False) if embedded else layout_of(file)
        except Unsound as error:
            raise AudiolabError(f"{where}: {error}") from error
        try:
            audio = soundfile.SoundFile(_readable(file, layout))
        except (soundfile.LibsndfileError, TypeError) as error:
            raise AudiolabError(
                f"{where}: no audio that can be read ({_reason(error)}); make the file again"
            ) from error
        with audio:
            yield Recording(audio, layout, where)


def _readable(file: IO[bytes], layout: Layout) -> bytes | IO[bytes]:
    """Return what libsndfile is to open: by its name it reads a file itself, without calls back to Python."""
    pieces = layout.pieces
    if not pieces and isinstance(file, io.BytesIO):
        file.seek(0)
        return file
    if not pieces and file.name.lower().endswith(".raw"):  # soundfile believes that, whatever is in it
        pieces = ((0, file.seek(0, os.SEEK_END)),)
    return io.BufferedReader(View(file, pieces), _BUFFER) if pieces else os.fsencode(file.name)


def _reason(error: Exception) -> str:
    return str(getattr(error, "error_string", error)).removeprefix("Error : ").rstrip(".")


@contextlib.contextmanager
def _open_bytes(source: Source, allow_pipes: bool, where: str) -> Iterator[IO[bytes]]:
    if source.command:
        yield io.BytesIO(command_output(source, allow_pipes, where))
        return
    if source.ranges:
        raise AudiolabError(f"{where}: a range in brackets is for features; use a segments table for audio")
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open(source.path, "rb"))
            file.seek(0)  # raises for what is no file, such as a pipe
            found = file if source.offset is None else io.BytesIO(_from_archive(file, source.offset, where))
        except OSError as error:
            raise AudiolabError(f"{where}: cannot open: {reason_of(error, source)}") from error
        except ValueError as error:  # a NUL in the path
            raise AudiolabError(f"{where}: cannot open: {error}") from error
        yield found


def _from_archive(file: IO[bytes], offset: int, where: str) -> bytes:
    """Return the audio file that stands at ``offset`` of a Kaldi archive: RIFF or FLAC, or kaldiio's AUDIO block."""
    there = max(0, file.seek(0, os.SEEK_END) - offset)
    file.seek(offset)
    head = file.read(8)
    if head[:4] == b"RIFF":
        size = int.from_bytes(head[4:], "little") + 8
    elif head[:4] == b"fLaC":  # carries no length; it is as long as its decoder reads
        size = there
    elif head[:5] == b"AUDIO" and len(head) > 5:
        file.seek(offset + 6)
        size = int.from_bytes(file.read(head[5]), "little")
        offset, there = offset + 6 + head[5], there - 6 - head[5]
    else:
        raise AudiolabError(f"{where}: no audio at byte {offset}; the table is not of this archive, make both again")
    if size > there:
        raise AudiolabError(f"{where}: truncated archive: {size - there} bytes are missing; make it again")
    file.seek(offset)
    return file.read(size)


def _range(start: float, end: float | None, frames: int, rate: int, where: str) -> tuple[int, int]:
    """Return (first, one past the last) sample of a piece given in seconds, rounded to the nearest sample."""
    first = round(start * rate)
    stop = frames if end is None else round(end * rate)
    if stop > frames + SEGMENT_SLACK * rate:
        raise AudiolabError(f"{where}: the segment ends at {end} s, the recording at {frames / rate:.3f} s")
    stop = min(stop, frames)
    if not 0 <= first < stop:
        raise AudiolabError(f"{where}: the segment from {start} to {end} s holds no sample")
    return first, stop
