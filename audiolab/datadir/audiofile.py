"""Reading the recording that an entry names: all its samples, or an error that names it.

What the file's bytes promise (`audiolab.datadir.formats`), what the decoder says, and what it gives must be one number.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from audiolab.datadir.audiobytes import open_bytes
from audiolab.datadir.combined import Combined
from audiolab.datadir.entry import Summand, parse_audio
from audiolab.datadir.formats.detect import layout_of
from audiolab.datadir.formats.layout import Layout, Unsound
from audiolab.datadir.formats.view import View
from audiolab.datadir.source import Source
from audiolab.errors import AudiolabError
from audiolab.samples import check_rate, fault_of

BLOCK = 1 << 18
"""Samples that are decoded at a time."""

_BUFFER = 1 << 16
"""Bytes that are read of a file at a time where libsndfile does not read it itself."""


def read_wav(entry: str | Path, allow_pipes: bool = False, where: str = "") -> tuple[np.ndarray, int]:
    """Read all samples of the audio that a ``wav.scp`` entry names, as they are.

    Args:
        entry: A path, or what else an entry may be (`audiolab.datadir.entry`).
        allow_pipes: Whether a command may be run.
        where: What begins an error message, such as a table and an utterance; the entry itself when empty.

    Returns:
        Samples, float32 in [-1, 1), of shape N, or N × C for C > 1 channels; and the sampling rate in Hz.

    Raises:
        AudiolabError: A file that is missing, empty, truncated or no audio; samples that are NaN, infinite or on the
            scale of integers; a channel that is not there, a sum of unlike files, nothing behind what is left out; a
            command that is not allowed or fails.
    """
    with open_audio(entry, allow_pipes, where) as recording:
        samples = recording.read(0, recording.samples)
        return samples[:, 0] if recording.channels == 1 else samples, recording.rate


def audio_info(entry: str | Path, allow_pipes: bool = False, where: str = "") -> tuple[int, int, int]:
    """Return (samples, rate in Hz, channels), having checked that the file is not cut short, without decoding it."""
    with open_audio(entry, allow_pipes, where) as recording:
        recording.check()
        return recording.samples, recording.rate, recording.channels


class Decoder(soundfile.SoundFile):
    """libsndfile's decoder, which goes elsewhere only when it is told to.

    soundfile goes, after each read, to where it is; MP3 and Vorbis then lack what a frame has in those before.
    """

    @property
    def can_seek(self) -> bool:
        """Whether `seek` can be used."""
        return super().seekable()

    def seekable(self) -> bool:
        """Return False, by which soundfile leaves the place alone."""
        return False


class Recording:
    """An open recording, of which all samples are read or an error is raised; made by `open_audio`.

    Args:
        decoder: Opens the decoder at the first sample.
        layout: What the file's bytes say.
        where: What begins an error message.

    Attributes:
        samples: Of each channel.
        rate: In Hz.
        channels: How many.
        subtype: libsndfile's name of the sample format.
    """

    def __init__(self, decoder: Callable[[], Decoder], layout: Layout, where: str) -> None:
        self._decoder, self._audio, self._layout, self._at = decoder, decoder(), layout, 0
        self.where = where
        self.samples, self.rate, self.channels, self.subtype = (
            self._audio.frames, self._audio.samplerate, self._audio.channels, self._audio.subtype
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
        if stop - first == self.samples:
            self._finish()
        return blocks[0] if len(blocks) == 1 else np.concatenate([np.empty((0, self.channels), np.float32), *blocks])

    def blocks(self, first: int = 0) -> Iterator[np.ndarray]:
        """Yield all samples from ``first`` on, float32 [n, channels] with n ≤ `BLOCK`; raises as `read` does."""
        self._seek(first)
        yield from self._decoded(self.samples - first)
        self._finish()

    def check(self) -> None:
        """Raise `AudiolabError` where not all samples are there; it is decoded only where nothing else tells."""
        if not self._layout.whole:
            for _ in self.blocks():
                pass

    def close(self) -> None:
        """Close the decoder."""
        self._audio.close()

    def _finish(self) -> None:
        """Raise `AudiolabError` where more stands behind the last sample; only who reads all can afford to look."""
        try:
            self._layout.finish()
        except Unsound as error:
            raise AudiolabError(f"{self.where}: {error}") from error

    def _seek(self, first: int) -> None:
        """Make ``first`` the next sample."""
        if first == self._at:
            return
        back = self._layout.exact is not None and first >= self._layout.exact  # the decoder would miss it
        place = 0 if back else max(0, first - self._layout.before)
        if self._audio.can_seek and (back or not place <= self._at < first):
            try:
                self._audio.seek(place)
                self._at = place
            except soundfile.LibsndfileError as error:
                raise self._broken(error) from error
        elif first < self._at:
            self.close()
            self._audio, self._at = self._decoder(), 0
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
def open_audio(entry: str | Path, allow_pipes: bool = False, where: str = "") -> Iterator[Recording | Combined]:
    """Open a ``wav.scp`` entry for reading; arguments and errors as those of `read_wav`."""
    where = f"{where}: {entry}" if where else str(entry)
    parts = parse_audio(str(entry), where)
    with contextlib.ExitStack() as stack:
        if parts == (Summand(parts[0].source),):
            yield stack.enter_context(_open(parts[0].source, allow_pipes, where))
            return
        opened = [
            stack.enter_context(_open(part.source, allow_pipes, f"{where}: {part.source.path}")) for part in parts
        ]
        yield Combined(opened, parts, where)


@contextlib.contextmanager
def _open(source: Source, allow_pipes: bool, where: str) -> Iterator[Recording]:
    with open_bytes(source, allow_pipes, where) as file:
        if not file.read(1):
            raise AudiolabError(f"{where}: empty, 0 bytes; make the file again")
        try:
            embedded = source.offset is not None and file.getbuffer()[:4] == b"fLaC"
            layout = Layout(whole=False) if embedded else layout_of(file)
        except Unsound as error:
            raise AudiolabError(f"{where}: {error}") from error
        try:
            recording = Recording(lambda: Decoder(_readable(file, layout)), layout, where)
        except (soundfile.LibsndfileError, TypeError) as error:
            raise AudiolabError(
                f"{where}: no audio that can be read ({_reason(error)}); make the file again"
            ) from error
        with contextlib.closing(recording):
            yield recording


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
