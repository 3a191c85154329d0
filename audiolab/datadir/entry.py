r"""What an entry of a table of audio says: a file, an archive's byte or a command; a part of it; the sum of several.

    downloads/a.wav
    downloads/a.ark:1234
    sox a.wav -t wav - |                     a command, whatever stands in it
    downloads/a.wav[channel=1]               one channel, counted from 0
    downloads/a.wav[skip=441]                all but its first 441 samples, at its own rate
    downloads/a.wav[channel=1,skip=441]      both
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
_CHOICE = re.compile(r"(.*?)(?:\[((?:channel|skip)=[^\[\]]*)\])?", re.DOTALL)
_DIGITS = {"channel": 6, "skip": 15}
"""What may stand in the brackets behind a file -> digits of its largest value."""
_MISREAD = re.compile(r'\s|"|.*( \+( |$)|[\]|]$|:[0-9]+$|\s$)', re.DOTALL)
"""How a path begins, or what is in it, that would be read as something else within an entry."""


class Summand(NamedTuple):
    """What an entry names, or adds to the others that it names.

    Attributes:
        source: The file, the place in an archive, or the command.
        channel: The one that is taken, from 0; None for all.
        skip: How many samples are left out at its beginning, at its own rate.
    """

    source: Source
    channel: int | None = None
    skip: int = 0


def parse_audio(entry: str, where: str = "") -> tuple[Summand, ...]:
    """Return what an entry of a table of audio names: one, or several that are added.

    Args:
        entry: The entry.
        where: What begins an error message; the entry itself when empty.

    Raises:
        AudiolabError: A channel or a count of samples that is no number, a quote that is not closed, a command or
            nothing within a sum, or a sum of more than `MOST`.

    >>> [(part.source.path, part.channel, part.skip) for part in parse_audio('a.wav[channel=0,skip=7] + "b + c.wav"')]
    [('a.wav', 0, 7), ('b + c.wav', None, 0)]
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


def entry_of(*paths: str | Path, channel: int | None = None, skip: int = 0) -> str:
    """Return the entry of a file, or of the sum of several; of one channel of each, counted from 0, or of all.

    Args:
        paths: The files.
        channel: The one that is taken of each; None for all.
        skip: Samples that are left out at the beginning of each.

    >>> entry_of("drums.wav", "b + o.wav", channel=1)
    'drums.wav[channel=1] + "b + o.wav"[channel=1]'
    """
    return sum_of(*(Summand(Source(str(path)), channel, skip) for path in paths))


def sum_of(*parts: Summand) -> str:
    """Return the entry of files or places in archives, one or several that are added: `parse_audio` gives them again.

    >>> sum_of(Summand(Source("a.wav"), 0), Summand(Source("a.wav"), 1, skip=7))
    'a.wav[channel=0] + a.wav[channel=1,skip=7]'
    """
    if len(parts) == 1 and parts[0] == Summand(Source(parts[0].source.path)):
        return parts[0].source.path
    return _PLUS.join(map(_written, parts))


def _written(part: Summand) -> str:
    choices = [] if part.channel is None else [f"channel={part.channel}"]
    choices += [f"skip={part.skip}"] if part.skip else []
    place = "" if part.source.offset is None else f":{part.source.offset}"
    brackets = f"[{','.join(choices)}]" if choices else ""
    return f"{_quoted(part.source.path)}{place}{brackets}"


def _quoted(path: str) -> str:
    if not _MISREAD.match(path):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _summand(quoted: re.Match[str] | None, text: str, where: str) -> Summand:
    """Return a part of an entry: what its quotes held, if it has some, and the text behind them."""
    name, choices = _CHOICE.fullmatch(text).groups()
    channel, skip = _chosen(choices or "", where)
    if quoted and not name:
        offset = quoted[2]
        path = re.sub(r'\\(["\\])', r"\1", quoted[1])
        return Summand(Source(path, None if offset is None else int(offset)), channel, skip)
    if quoted or name.startswith('"'):
        raise AudiolabError(
            f"{where}: what stands in quotes, and nothing else, is a file's name; close them behind it, and put a "
            'backslash before a " in it'
        )
    if not name or name.endswith("|"):
        what = "a command cannot be a part of a sum" if name else "a part of the sum is empty"
        raise AudiolabError(f"{where}: {what}; name a file, in double quotes where ' + ' is in its name")
    return Summand(parse_entry(name), channel, skip)


def _chosen(choices: str, where: str) -> tuple[int | None, int]:
    """Return (channel, samples that are left out) of what stood in the brackets behind a name."""
    given: dict[str, int] = {}
    for choice in filter(None, choices.split(",")):
        key, _, value = choice.partition("=")
        if key not in _DIGITS or key in given:
            raise AudiolabError(f"{where}: [{choices}] is to be [channel=C], [skip=N] or [channel=C,skip=N]")
        if not re.fullmatch(f"[0-9]{{1,{_DIGITS[key]}}}", value):
            told = {"channel": "no channel; they are counted", "skip": "no number of samples; they are left out"}[key]
            raise AudiolabError(f"{where}: '{value}' is {told} from 0, as in a.wav[{key}=0]")
        given[key] = int(value)
    return given.get("channel"), given.get("skip", 0)
