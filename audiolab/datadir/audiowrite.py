"""Writing audio files: as a whole or not at all, in any format of libsndfile's, block by block or at once."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.files import atomic_write

logger = logging.getLogger(__name__)

COMMON = ("WAV", "FLAC", "OGG", "MP3")
"""The formats that a message about an unknown one offers."""

_BYTES = {"PCM_S8": 1, "PCM_U8": 1, "PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}

PLAIN = tuple(_BYTES)
"""Sample formats that are kept from one format to another; libsndfile cannot write all others that it lists."""

_COUNTED_IN_32_BITS = ("WAV", "WAVEX", "AIFF", "AU")
"""Formats that hold up to `MOST_BYTES`; libsndfile writes on, and other programs do not find what lies behind."""

MOST_BYTES = (1 << 32) - (1 << 16)
"""Of samples, with some room for the header."""

_ADD_PEAK_CHUNK = 0x1050
"""libsndfile's command, of which soundfile knows nothing: in WAVs of floats that chunk holds the time of writing, so
that the same samples would be other bytes each time."""


@contextlib.contextmanager
def audio_writer(
    path: str | Path,
    rate: int,
    channels: int,
    subtype: str | None = None,
    name: str | Path | None = None,
    samples: int = 0,
) -> Iterator[Callable[[np.ndarray], int]]:
    """Give a function that takes blocks [n] or [n, channels]; the file is there when the block of code ends well.

    Samples over full scale are clipped, except in formats of floats: how many they were in a block the function
    returns, and how many in all is logged. Into a device, a FIFO or what the shell redirects the file is written as a
    whole at the end, for libsndfile goes back to the header.

    Args:
        path: Its ending names the format; without one, what is no regular file (``/dev/stdout``) gets a WAV.
        rate: In Hz.
        channels: How many.
        subtype: Sample format, one of `PLAIN`; otherwise, or where the format does not have it, the format's default.
        name: What messages call the file, which is to be moved there; None: ``path``.
        samples: Of each channel that will come, at least; what is too much is refused at once.

    Raises:
        AudiolabError: The ending is unknown, the format does not take this rate, so many channels or samples, a sample
            is NaN or infinite, or the file cannot be written.
    """
    path = Path(path)
    name = path if name is None else name
    kind = _format_of(path)
    if subtype not in PLAIN or subtype not in soundfile.available_subtypes(kind):
        subtype = soundfile.default_subtype(kind)
    with atomic_write(path, "wb", name) as file, _plain_file(file) as plain:
        try:  # by its number, since libsndfile does not tell what goes wrong within a Python file
            sound = soundfile.SoundFile(plain.fileno(), "w", rate, channels, subtype, format=kind, closefd=False)
        except soundfile.LibsndfileError as error:
            raise AudiolabError(
                f"{name}: {kind} does not take {channels} channels at {rate} Hz ({_reason(error)}); write a .wav"
            ) from error
        with sound:
            soundfile._snd.sf_command(sound._file, _ADD_PEAK_CHUNK, soundfile._ffi.NULL, 0)
            writer = _Writer(sound, name)
            writer.check_room(samples)
            yield writer.write
            writer.close()
    if writer.clipped:
        logger.warning("%s: %d samples lie over full scale and are clipped", name, writer.clipped)


def write_audio(
    path: str | Path, samples: np.ndarray, rate: int, subtype: str = "PCM_16", name: str | Path | None = None
) -> int:
    """Write samples [N] or [N, channels] as a whole, and return how many were clipped; see `audio_writer`."""
    with audio_writer(path, rate, 1 if samples.ndim == 1 else samples.shape[1], subtype, name) as write:
        return write(samples)


class _Writer:
    """Writes blocks into an open file, which messages call ``name``, and counts in ``clipped`` what it clips."""

    def __init__(self, sound: soundfile.SoundFile, name: str | Path) -> None:
        self.clipped = self._written = 0
        self._sound, self._name, self._clips = sound, name, sound.subtype not in ("FLOAT", "DOUBLE")

    def write(self, block: np.ndarray) -> int:
        """Write a block, and return how many of its samples are clipped."""
        if not np.isfinite(block).all():
            raise AudiolabError(f"cannot write {self._name}: samples that are NaN or infinite (is the model broken?)")
        over = int((np.abs(block) > 1).sum()) if self._clips else 0
        self.clipped += over
        self._written += len(block)
        self.check_room(self._written)
        with self._told():
            self._sound.write(block)
        return over

    def check_room(self, samples: int) -> None:
        """Raise `AudiolabError` where the file cannot hold so many samples of each channel."""
        size = samples * self._sound.channels * _BYTES.get(self._sound.subtype, 0)
        if self._sound.format in _COUNTED_IN_32_BITS and size > MOST_BYTES:
            raise AudiolabError(
                f"cannot write {self._name}: over 4 GiB, more than a file of its kind holds; write a .flac, or parts"
            )

    def close(self) -> None:
        """Write what is left."""
        with self._told():
            self._sound.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except soundfile.LibsndfileError as error:
            raise AudiolabError(
                f"cannot write {self._name}: {_reason(error)} (is the disk full?); what stood there before is kept"
            ) from error


@contextlib.contextmanager
def _plain_file(file: IO[bytes]) -> Iterator[IO[bytes]]:
    """Give ``file`` where one can go back in it; otherwise a temporary one, whose bytes go into ``file`` at the end."""
    appends = fcntl.fcntl(file.fileno(), fcntl.F_GETFL) & os.O_APPEND
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode) and not appends:
        yield file
        return
    with tempfile.TemporaryFile() as temporary:
        yield temporary
        temporary.seek(0)
        shutil.copyfileobj(temporary, file)


def _format_of(path: Path) -> str:
    kind = path.suffix.lstrip(".").upper()
    if not kind and (path.parent == Path("/dev") or (path.exists() and not path.is_file())):
        return "WAV"
    known = soundfile.available_formats()
    if kind not in known:
        common = [f".{name.lower()}" for name in COMMON if name in known]
        raise AudiolabError(f"{path}: unknown kind of audio file '{path.suffix}'{did_you_mean(path.suffix, common)}")
    return kind


def _reason(error: soundfile.LibsndfileError) -> str:
    return error.error_string.removeprefix("Error : ").rstrip(".")
