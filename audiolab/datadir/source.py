"""Where an entry of an scp table leads: to a file, to a place in an archive, or to a command's output."""

from __future__ import annotations

import errno
import io
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

from audiolab.errors import AudiolabError


class Source(NamedTuple):
    """A parsed scp entry.

    Attributes:
        path: The file; empty for a command.
        offset: The byte at which the object begins; None for a whole file.
        ranges: What stood in the brackets at the end, as ``0:9,3:4``; empty without brackets.
        command: The shell command whose output is the object; empty for a file.
    """

    path: str
    offset: int | None = None
    ranges: str = ""
    command: str = ""


def parse_entry(entry: str) -> Source:
    """Return where an scp entry leads.

    >>> parse_entry("exp/a.ark:12[0:9]")
    Source(path='exp/a.ark', offset=12, ranges='0:9', command='')
    """
    entry = entry.strip()
    if entry.endswith("|"):
        return Source("", command=entry[:-1].strip())
    match = re.fullmatch(r"(?P<path>.*?)(:(?P<offset>[0-9]{1,18}))?(\[(?P<ranges>[0-9:, ]*)\])?", entry)
    if match is None or os.path.isfile(entry):  # Path.is_file raises for names that are too long
        return Source(entry)
    offset = match["offset"]
    return Source(match["path"], None if offset is None else int(offset), match["ranges"] or "")


def command_output(source: Source, allow_pipes: bool, where: str) -> bytes:
    """Run the command of an scp entry in bash and return its standard output.

    Args:
        source: An entry with a command.
        allow_pipes: The user's word that commands in tables may be run.
        where: The entry's place, which begins the error message.

    Raises:
        AudiolabError: Commands are not allowed, or this one failed.
    """
    if not allow_pipes:
        raise AudiolabError(
            f"{where}: the entry is a command, '{_short(source.command)} |'; write what it gives to a file, or allow "
            "it where there is --allow_pipes (--allow-pipes of utils)"
        )
    # The table's line is a bash pipeline by definition of the format, and the user has said that it may run.
    done = subprocess.run(["bash", "-o", "pipefail", "-c", source.command], capture_output=True, check=False)
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
        raise AudiolabError(f"{where}: '{_short(source.command)}' ended with code {done.returncode}: {last[0]}")
    return done.stdout


def reason_of(error: OSError, source: Source) -> str:
    """Return why a source's file cannot be opened, for a message that has named it."""
    if isinstance(error, io.UnsupportedOperation):
        return "it is a pipe or a device; write what it gives to a file first"
    hint = error.errno == errno.ENOENT and not Path(source.path).is_absolute()
    return f"{error.strerror or error}{' (the path is taken from the current folder)' if hint else ''}"


def _short(command: str) -> str:
    return command if len(command) <= 60 else command[:57] + "…"
