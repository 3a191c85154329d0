"""Kaldi's text tables: one ``<key> <value …>`` a line, sorted by key in byte order, each key once.

A table that was read is the file's bytes and where in them the lines' keys and values stand; strings are made where one
is asked for. What stands behind the key is kept as one string, inner spaces included. Sorting Python strings by code
point is the same as sorting their UTF-8 bytes, which is what ``LC_ALL=C sort`` does, so `sorted` is all that is needed.
"""

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence, ValuesView
from pathlib import Path
from typing import IO, Any, overload

import numpy as np

from audiolab.datadir.columns import Columns, find_columns
from audiolab.datadir.kinds import Kind, kind_of
from audiolab.datadir.shared import Shared
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.textfile import read_bytes

_MARK = b"\xef\xbb\xbf"

_LINES = 1 << 14
"""Lines of which strings are cut out of one piece of text."""


class Table(Mapping[str, str]):
    """A table as it was read: id -> value, in the order of the file.

    Processes that get it by pickling share its memory with this one.

    Args:
        data: The lines, each ended by LF.
        columns: Where their keys and values stand; no line is wrong.
    """

    def __init__(self, data: bytes, columns: Columns) -> None:
        self._open(Shared((np.frombuffer(data, dtype=np.uint8), *columns[:5])))

    def _open(self, shared: Shared) -> None:
        self._shared = shared
        self._data, *self._places, self._order = (memoryview(array) for array in shared.arrays)
        self._last = 0

    def __reduce__(self) -> tuple[Any, ...]:
        return _table, (self._shared,)

    def __len__(self) -> int:
        return len(self._places[0])

    def __iter__(self) -> Iterator[str]:
        return self._strings(0, 1)

    def __getitem__(self, key: str) -> str:
        line = self._line(key)
        if line is None:
            raise KeyError(key)
        return str(self._data[self._places[2][line] : self._places[3][line]], "utf-8")

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._line(key) is not None

    def __repr__(self) -> str:
        return f"Table({dict(self)!r})"

    def __or__(self, other: Mapping[str, str]) -> dict[str, str]:
        return {**dict(self.items()), **other}

    def items(self) -> ItemsView[str, str]:
        """Return ids and values."""
        return _Items(self)

    def values(self) -> ValuesView[str]:
        """Return values."""
        return _Values(self)

    def lines(self) -> Iterator[str]:
        """Return the lines as they stand in the file, without their ends."""
        starts = self._shared.arrays[1]
        return self._cut(starts, np.append(starts[1:], len(self._data)) - 1)

    @property
    def ids(self) -> Ids:
        """The ids in byte order."""
        return Ids(self)

    def key(self, place: int) -> str:
        """Return the id that stands at a place in byte order, from 0."""
        line = self._order[place] if self._order else place
        return str(self._data[self._places[0][line] : self._places[1][line]], "utf-8")

    def by_id(self, values: np.ndarray) -> np.ndarray:
        """Return ``values``, one of each line, in the byte order of the ids."""
        order = self._shared.arrays[-1]
        return values[order] if len(order) else values

    def _line(self, key: str) -> int | None:
        """Return the number of a key's line."""
        try:
            wanted = key.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, which no file has
            return None
        data, (starts, ends, *_) = self._data, self._places
        for line in range(
            self._last, min(self._last + 2, len(starts))
        ):  # tables are mostly asked in each other's order
            if data[starts[line] : ends[line]] == wanted:
                break
        else:
            low, high = 0, len(starts)
            while low < high:
                middle = (low + high) // 2
                line = self._order[middle] if self._order else middle
                if bytes(data[starts[line] : ends[line]]) < wanted:
                    low = middle + 1
                else:
                    high = middle
            if low == len(starts):
                return None
            line = self._order[low] if self._order else low
            if data[starts[line] : ends[line]] != wanted:
                return None
        self._last = line
        return line

    def _strings(self, begin: int, end: int) -> Iterator[str]:
        """Yield all keys (columns 0 to 1) or values (2 to 3)."""
        return self._cut(self._shared.arrays[1 + begin], self._shared.arrays[1 + end])

    def _cut(self, first: np.ndarray, last: np.ndarray) -> Iterator[str]:
        """Yield the strings in the bytes from each of ``first`` up to that of ``last``, both of which rise."""
        for block in range(0, len(first), _LINES):
            starts, stops = first[block : block + _LINES], last[block : block + _LINES]
            begin, end = int(starts[0]), int(stops[-1])
            text = str(self._data[begin:end], "utf-8")
            if len(text) == end - begin:  # a character is a byte
                yield from map(text.__getitem__, map(slice, (starts - begin).tolist(), (stops - begin).tolist()))
            else:
                yield from (str(self._data[a:b], "utf-8") for a, b in zip(starts.tolist(), stops.tolist()))


class _Items(ItemsView[str, str]):
    _mapping: Table

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return zip(self._mapping._strings(0, 1), self._mapping._strings(2, 3))


class _Values(ValuesView[str]):
    _mapping: Table

    def __iter__(self) -> Iterator[str]:
        return self._mapping._strings(2, 3)


class Ids(Sequence[str]):
    """The ids of a table in byte order; equal to a list of the same."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __len__(self) -> int:
        return len(self._table)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self._table.key(number) for number in range(len(self))[place]]
        return self._table.key(range(len(self))[place])

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # as that of a list

    def __repr__(self) -> str:
        return f"Ids({list(self)!r})"


def _table(shared: Shared) -> Table:
    table = Table.__new__(Table)
    table._open(shared)
    return table


def read_table(path: str | Path) -> Table:
    """Read a table; the keys come in the order of the file.

    Raises:
        AudiolabError: Missing or unreadable file; a line without key, without value (but in ``text``), with a Windows
            line end or a NUL, with a wrong number of fields; a key given twice. The message begins with ``file:line``.
    """
    return parse_table(read_bytes(path, "this table"), path)


def parse_table(data: bytes, path: str | Path) -> Table:
    """Return the table in ``data``, the contents of the file ``path``; raises as `read_table`."""
    kind = kind_of(Path(path).name)
    data = data.removeprefix(_MARK)
    if data and not data.endswith(b"\n"):
        data += b"\n"
    columns = find_columns(data, kind)
    if columns.suspect:
        _check_lines(data, path, kind)
    return Table(data, columns)


def _check_lines(data: bytes, path: str | Path, kind: Kind | None) -> None:
    """Raise for the first line that is wrong."""
    seen: set[str] = set()
    for number, line in split_lines(data, path):
        key, value = split_key(line)
        problem = _line_problem(line, key, value, kind)
        if problem is None and key in seen:
            problem = f"'{key}' is given twice"
        if problem:
            raise AudiolabError(f"{path}:{number}: {problem}")
        seen.add(key)


def split_lines(data: bytes, path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (line number, line without its end) of a table's bytes; only LF ends a line; a byte order mark is none."""
    lines = data.removeprefix(_MARK).split(b"\n")
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
    for key, value in sorted(table.items()):
        value = str(value)
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
