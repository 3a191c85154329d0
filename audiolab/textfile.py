"""Reading text files that users bring, in one way: UTF-8 with or without a byte order mark, LF or CR LF.

What cannot be read is told in one line that begins with the file and, where there is one, the line.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from audiolab.errors import AudiolabError, shown

LARGEST = 1 << 30
"""Bytes that a text file may have where nothing else is said."""

_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def read_bytes(path: str | Path, what: str = "this file", advice: str = "", largest: int = LARGEST) -> bytes:
    """Return the contents of a file.

    Args:
        path: The file.
        what: What it is to be, such as ``this table``.
        advice: What to do where it cannot be read; ends the message.
        largest: Bytes that it may have; no more than these are ever held.

    Raises:
        AudiolabError: It cannot be read, or is larger.
    """
    then = f"; {advice}" if advice else ""
    try:
        with open(path, "rb") as file:
            data = _read(file, largest + 1)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        reason = getattr(error, "strerror", None) or error
        raise AudiolabError(f"{path}: cannot read {what}: {reason}{then}") from error
    if len(data) > largest:
        raise AudiolabError(f"{path}: has more than {largest / 1e6:.1f} MB, too much for {what}{then}")
    return data


def _read(file: IO[bytes], most: int) -> bytes:
    """Return at most ``most`` bytes; ``read(most)`` would ask for memory for all of them, whatever there is."""
    blocks = [file.read(min(most, os.fstat(file.fileno()).st_size))]
    most -= len(blocks[0])
    while most and (block := file.read(min(most, 1 << 20))):  # of what has no size: FIFOs, /proc
        blocks.append(block)
        most -= len(block)
    return b"".join(blocks) if len(blocks) > 1 else blocks[0]


def read_text(path: str | Path, what: str = "this file", advice: str = "", largest: int = LARGEST) -> str:
    """Return a text file as `decode` gives it; raises as `read_bytes` and `decode` do."""
    return decode(read_bytes(path, what, advice, largest), path)


def read_lines(path: str | Path, what: str = "this text", advice: str = "") -> list[str]:
    """Return the lines of a text file, without their ends; raises as `read_text`."""
    lines = read_text(path, what, advice).split("\n")
    return lines if lines[-1] else lines[:-1]


def decode(data: bytes, path: str | Path) -> str:
    """Return the text in ``data``, the contents of ``path``: without byte order mark, its lines ended by LF.

    Raises:
        AudiolabError: It is not UTF-8, or holds a NUL; the message names the line.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        if data[:2] in _MARKS:
            raise AudiolabError(f"{path}:1: {_MARKS[data[:2]]}, not UTF-8; save it as UTF-8") from error
        begin = data.rfind(b"\n", 0, error.start) + 1
        line, byte = data.count(b"\n", 0, error.start) + 1, error.start - begin + 1
        raise AudiolabError(f"{path}:{line}: not UTF-8 (byte {byte}); convert the file") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise AudiolabError(f"{path}:{line}: a NUL character; write the file again")
    return text.replace("\r\n", "\n")


def read_cells(
    path: str | Path,
    delimiter: str = ",",
    what: str = "this table",
    advice: str = "",
    quoted: bool = True,
) -> list[tuple[str, list[str]]]:
    """Return (``file:line``, cells) of each line, the header too, of a CSV or, with a tab as ``delimiter``, a TSV.

    Args:
        path: The file.
        delimiter: What stands between cells.
        what: What the file is to be, for messages.
        advice: What to do where it cannot be read.
        quoted: Whether a cell in double quotes may hold delimiters and line ends; False: quotes are characters.

    Raises:
        AudiolabError: What `read_text` refuses; a quote that is not closed; a cell over 131,072 characters.
    """
    return parse_cells(read_text(path, what, advice), path, delimiter, quoted)


def parse_cells(text: str, path: str | Path, delimiter: str = ",", quoted: bool = True) -> list[tuple[str, list[str]]]:
    """Return the cells in ``text``, which is of the file ``path``; as `read_cells`."""
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting, strict=True)
    cells: list[tuple[str, list[str]]] = []
    first = 1
    try:
        for line in lines:
            cells.append((f"{path}:{first}", line))
            first = lines.line_num + 1
    except csv.Error as error:
        raise AudiolabError(f"{path}:{first}: cannot be split into cells: {error}") from error
    return cells


def read_records(
    path: str | Path,
    columns: Sequence[str],
    delimiter: str = ",",
    what: str = "this table",
    advice: str = "",
    quoted: bool = True,
    others: bool = False,
) -> list[tuple[str, dict[str, str]]]:
    """Return (``file:line``, column -> cell) of each line below the header of a CSV or TSV.

    Args:
        path: The file.
        columns: Those that it must have.
        delimiter: What stands between cells.
        what: What the file is to be, for messages.
        advice: What to do where it cannot be read.
        quoted: As in `read_cells`.
        others: Whether it may have further columns, in any order; False: the header is exactly ``columns``.

    Raises:
        AudiolabError: What `read_cells` refuses; the header is another one, or a line has not as many cells.
    """
    return _records(read_cells(path, delimiter, what, advice, quoted), path, columns, delimiter, others)


def parse_records(
    text: str, path: str | Path, columns: Sequence[str], delimiter: str = ",", quoted: bool = True
) -> list[tuple[str, dict[str, str]]]:
    """Return the records in ``text``, which is of the file ``path``; as `read_records`."""
    return _records(parse_cells(text, path, delimiter, quoted), path, columns, delimiter, False)


def _records(
    lines: list[tuple[str, list[str]]], path: str | Path, columns: Sequence[str], delimiter: str, others: bool
) -> list[tuple[str, dict[str, str]]]:
    between = ", by tabs" if delimiter == "\t" else ""
    wanted = f"the columns must be {', '.join(columns)}{between}"
    header = lines[0][1] if lines else []
    missing = [name for name in columns if name not in header]
    if missing and others:
        raise AudiolabError(f"{path}:1: no column {' '.join(missing)}; {wanted}")
    if (header != list(columns) and not others) or len(set(header)) < len(header):
        raise AudiolabError(f"{path}:1: {wanted}, each once")
    for where, cells in lines[1:]:
        if len(cells) != len(header):
            raise AudiolabError(f"{where}: {len(cells)} columns in place of {len(header)}; {wanted}")
    return [(where, dict(zip(header, cells))) for where, cells in lines[1:]]


def read_json(path: str | Path, what: str = "this JSON", advice: str = "") -> dict[str, Any]:
    """Return the object in a JSON file.

    Raises:
        AudiolabError: What `read_text` refuses; it is no JSON, or another value than an object.
    """
    then = f"; {advice}" if advice else ""
    try:
        found = json.loads(read_text(path, what, advice))
    except (ValueError, RecursionError) as error:
        raise AudiolabError(f"{path}: not valid JSON: {error}{then}") from error
    if not isinstance(found, dict):
        raise AudiolabError(f"{path}: {shown(found)} where an object is to be, {{…}}{then}")
    return found
