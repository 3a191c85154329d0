"""Kaldi's text tables: one ``<key> <value …>`` a line, sorted by key in byte order, each key once.

A table in memory is a plain ``dict[str, str]``: what stands behind the key is kept as one string, inner spaces
included. Sorting Python strings by code point is the same as sorting their UTF-8 bytes, which is what ``LC_ALL=C sort``
does, so `sorted` is all that is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from audiolab.datadir.kinds import Kind, kind_of
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.text import read_bytes


def read_table(path: str | Path) -> dict[str, str]:
    """Read a table; the keys come in the order of the file.

    Raises:
        AudiolabError: Missing or unreadable file; a line without key, without value (but in ``text``), with a Windows
            line end or a NUL, with a wrong number of fields; a key given twice. The message begins with ``file:line``.
    """
    return parse_table(read_bytes(path, "this table"), path)


def parse_table(data: bytes, path: str | Path) -> dict[str, str]:
    """Return the table in ``data``, the contents of the file ``path``; raises as `read_table`."""
    kind = kind_of(Path(path).name)
    table: dict[str, str] = {}
    for number, line in split_lines(data, path):
        key, value = split_key(line)
        problem = _line_problem(line, key, value, kind)
        if problem is None and key in table:
            problem = f"'{key}' is given twice"
        if problem:
            raise AudiolabError(f"{path}:{number}: {problem}")
        table[key] = value
    return table


def split_lines(data: bytes, path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, line without its end) of a table's bytes; only LF ends a line; a byte order mark is none."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not lines[-1]:
        lines.pop()
    for number, line in enumerate(lines, 1):
        try:
            yield number, line.decode()
        except UnicodeDecodeError as error:
            raise AudiolabError(f"{path}:{number}: not UTF-8 (byte {error.start + 1}); convert the file") from error


def split_key(line: str) -> tuple[str, str]:
    """Return (key, value) of a line; fields are separated by spaces or tabs, and the value's ends are stripped.

    >>> split_key("utt1  a  b ")
    ('utt1', 'a  b')
    """
    parts = re.split(r"[ \t]+", line, maxsplit=1)
    return parts[0], parts[1].rstrip(" \t") if len(parts) > 1 else ""


def _line_problem(line: str, key: str, value: str, kind: Kind | None) -> str | None:
    if "\r" in line:
        return "a carriage return (Windows line end); remove it with: sed -i 's/\\r//'"
    if "\0" in line:
        return "a NUL character; write the file again"
    if not key:
        return "an empty line" if not line.strip() else "the line begins with a space, not with an id"
    return fields_problem(key, value, kind)


def fields_problem(key: str, value: str, kind: Kind | None) -> str | None:
    """Return what is wrong with the number of fields behind ``key``, or None."""
    if not value:
        return None if kind is not None and kind.may_be_empty else f"nothing stands behind the id '{key}'"
    if kind is not None and kind.fields is not None:
        count = len(value.split())
        if count != kind.fields:
            return f"{count + 1} fields where there are to be {kind.fields + 1}"
    return None


def parse_count(text: str) -> int | None:
    """Return the number that the digits of ``text`` are; None where it is anything else, or of more than 18 digits."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


def write_table(path: str | Path, table: Mapping[str, str]) -> None:
    """Write a table, sorted, atomically.

    Raises:
        AudiolabError: A key or value cannot stand in a table, or the file cannot be written.
    """
    with atomic_write(path) as file:
        put_table(file, table, path)


def put_table(file: IO[str], table: Mapping[str, str], path: str | Path) -> None:
    """Write ``table`` into an open file; ``path`` is for messages."""
    for key in sorted(table):
        value = str(table[key])
        if not key or key.split() != [key]:
            raise AudiolabError(f"{path}: the id {key!r} is empty or has a space in it")
        if re.search(r"[\n\r\0]", value):
            raise AudiolabError(f"{path}: what stands behind '{key}' has a line end in it")
        value = value.strip(" \t")
        file.write(f"{key} {value}\n" if value else f"{key}\n")


def keep(table: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """Return the part of ``table`` whose keys are in ``keys``, in the table's order."""
    keys = keys if isinstance(keys, (set, frozenset, dict)) else set(keys)
    return {key: value for key, value in table.items() if key in keys}
