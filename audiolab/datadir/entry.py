r"""What an entry of a table of audio says: a file, an archive's byte or a command; a channel of it; the sum of several.

    downloads/a.wav
    downloads/a.ark:1234
    sox a.wav -t wav - |                     a command, whatever stands in it
    downloads/a.wav[channel=1]               one channel, counted from 0
    drums.wav + bass.wav + other.wav         the sum
    "odd + name.wav"[channel=0] + b.wav      a name in quotes stands for itself, \" and \\ in it for " and \

An entry that is the name of a file is that file, whatever stands in it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

from audiolab.datadir.source import Source, parse_entry
from audiolab.errors import AudiolabError

MOST = 100
"""Files that are added, for all are open at once; a process may have some hundreds."""

_PLUS = " + "
_QUOTED = re.compile(r' *"((?:[^"\\]|\\["\\])*)"(?::([0-9]{1,18}))?')
_CHANNEL = re.compile(r"(.*?)(?:\[channel=([^\[\]]*)\])?", re.DOTALL)
_MISREAD = re.compile(r'\s|"|.*( \+( |$)|[\]|]$|:[0-9]+$|\s$)', re.DOTALL)
"""How a path begins, or what is in it, that would be read as something else within an entry."""


class Summand(NamedTuple):
    """What an entry names, or adds to the others that it names.

    Attributes:
        source: The file, the place in an archive, or the command.
        channel: The one that is taken, from 0; None for all.
    """

    source: Source
    channel: int | None = None


def parse_audio(entry: str, where: str = "") -> tuple[Summand, ...]:
    """Return what an entry of a table of audio names: one, or several that are added.

    Args:
        entry: The entry.
        where: What begins an error message; the entry itself when empty.

    Raises:
        AudiolabError: A channel that is no number, a quote that is not closed, a command or nothing within a sum, or
            a sum of more than `MOST`.

    >>> [(part.source.path, part.channel) for part in parse_audio('a.wav[channel=0] + "b + c.wav"')]
    [('a.wav', 0), ('b + c.wav', None)]
    """
    entry = entry.strip()
    special = _PLUS in entry or entry.startswith('"') or entry.endswith("]")
    if not special or entry.endswith("|") or os.path.isfile(entry):
        return (Summand(parse_entry(entry)),)
    parts, at = [], 0
    while at <= len(entry):
        quoted = _QUOTED.match(entry, at)
        begin = quoted.end() if quoted else at
        plus = entry.find(_PLUS, begin)
        stop = len(entry) if plus < 0 else plus
        parts.append(_summand(quoted, entry[begin:stop].strip(), where or entry))
        at = stop + len(_PLUS)
    if len(parts) > MOST:
        begin = (where or entry)[:200]
        raise AudiolabError(
            f"{begin} …: a sum of {len(parts)} files, and at most {MOST} can be added; add some of them into "
            "one file first"
        )
    return tuple(parts)


def files_of(entry: str, where: str = "") -> list[str]:
    """Return the files that an entry names; none for a command. Errors are those of `parse_audio`."""
    return [part.source.path for part in parse_audio(entry, where) if not part.source.command]


def entry_of(*paths: str | Path, channel: int | None = None) -> str:
    """Return the entry of a file, or of the sum of several; of one channel of each, counted from 0, or of all.

    >>> entry_of("drums.wav", "b + o.wav", channel=1)
    'drums.wav[channel=1] + "b + o.wav"[channel=1]'
    """
    if len(paths) == 1 and channel is None:
        return str(paths[0])
    suffix = "" if channel is None else f"[channel={channel}]"
    return _PLUS.join(f"{_quoted(str(path))}{suffix}" for path in paths)


def _quoted(path: str) -> str:
    if not _MISREAD.match(path):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _summand(quoted: re.Match[str] | None, text: str, where: str) -> Summand:
    """Return a part of an entry: what its quotes held, if it has some, and the text behind them."""
    name, channel = _CHANNEL.fullmatch(text).groups()
    if channel is not None and not re.fullmatch("[0-9]{1,6}", channel):
        raise AudiolabError(f"{where}: '{channel}' is no channel; they are counted from 0, as in a.wav[channel=0]")
    number = None if channel is None else int(channel)
    if quoted and not name:
        offset = quoted[2]
        path = re.sub(r'\\(["\\])', r"\1", quoted[1])
        return Summand(Source(path, None if offset is None else int(offset)), number)
    if quoted or name.startswith('"'):
        raise AudiolabError(
            f"{where}: what stands in quotes, and nothing else, is a file's name; close them behind it, and put a "
            'backslash before a " in it'
        )
    if not name or name.endswith("|"):
        what = "a command cannot be a part of a sum" if name else "a part of the sum is empty"
        raise AudiolabError(f"{where}: {what}; name a file, in double quotes where ' + ' is in its name")
    return Summand(parse_entry(name), number)
