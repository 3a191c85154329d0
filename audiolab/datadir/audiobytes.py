"""The bytes of an audio file: on disk, at a byte of an archive, or from a command."""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from typing import IO

from audiolab.datadir.source import Source, command_output, reason_of
from audiolab.errors import AudiolabError


@contextlib.contextmanager
def open_bytes(source: Source, allow_pipes: bool, where: str) -> Iterator[IO[bytes]]:
    """Open a file of audio, or what an archive or a command holds of one.

    Raises:
        AudiolabError: It cannot be opened, a command is not allowed or fails, or no audio is at that byte.
    """
    if source.command:
        yield io.BytesIO(command_output(source, allow_pipes, where))
        return
    if source.ranges:
        raise AudiolabError(f"{where}: a range in brackets is for features; use a segments table for audio")
    with contextlib.ExitStack() as stack:
        try:
            if stat.S_ISFIFO(os.stat(source.path).st_mode):  # which would wait for somebody to write
                raise AudiolabError(
                    f"{where}: cannot open: it is a pipe or a device; write what it gives to a file first"
                )
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
