"""What can be wrong with the lines of any table: the form that Kaldi's tools rely on."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, overload

from audiolab.datadir.columns import find_columns
from audiolab.datadir.kinds import Kind, kind_of
from audiolab.datadir.names import LONGEST, id_problem
from audiolab.datadir.table import Table, fields_problem, split_key
from audiolab.errors import AudiolabError
from audiolab.textfile import read_bytes


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong with a data dir.

    Attributes:
        file: The file's path.
        line: The line, from 1; 0 when it is about the whole file.
        message: What is wrong, and what to do where that is not plain.
        fatal: False for what is allowed but most likely a mistake.
    """

    file: str
    line: int
    message: str
    fatal: bool = True

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {'' if self.fatal else 'warning: '}{self.message}"


class Row(NamedTuple):
    """A line of a table, its number, and what it says."""

    line: int
    key: str
    value: str
    text: str


class Scan(NamedTuple):
    """A table as it stands in the file, broken lines left out.

    Attributes:
        name: The file's path.
        rows: The lines whose form is right, and those that are only out of order or given twice.
        faults: What is wrong with the form.
        broken: The ids of the lines that are left out, so that nobody complains that they are missing too.
    """

    name: str
    rows: Sequence[Row]
    faults: list[Fault]
    broken: dict[str, int]

    @property
    def lines(self) -> dict[str, int]:
        """For each id the line on which it first stands."""
        return self.broken | {row.key: row.line for row in self.rows[::-1]}

    @property
    def table(self) -> Mapping[str, str]:
        """Ids and values; of an id that stands twice the first."""
        return self.rows.table if isinstance(self.rows, _Sound) else {row.key: row.value for row in self.rows[::-1]}

    def has_ids_of(self, other: Scan) -> bool:
        """Return whether it is known that two tables have the same ids, both without a wrong line."""
        if not (isinstance(self.rows, _Sound) and isinstance(other.rows, _Sound)):
            return False
        return len(self.rows) == len(other.rows) and all(map(operator.eq, self.rows.table, other.rows.table))


class _Sound(Sequence[Row]):
    """The lines of a table of which none is wrong in its form."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    def __iter__(self) -> Iterator[Row]:
        return map(Row, itertools.count(1), self.table, self.table.values(), self.table.lines())

    @overload
    def __getitem__(self, number: int) -> Row: ...

    @overload
    def __getitem__(self, number: slice) -> list[Row]: ...

    def __getitem__(self, number: int | slice) -> Row | list[Row]:
        return list(self)[number]


def scan(path: str | Path) -> Scan:
    """Read a table, noting all that is wrong with its form: line ends, encoding, order, ids, number of fields."""
    path = Path(path)
    try:
        data = read_bytes(path, "this table")
    except AudiolabError as error:
        return Scan(str(path), [], [Fault(str(path), 0, str(error).removeprefix(f"{path}: "))], {})
    if not data:
        return Scan(str(path), [], [Fault(str(path), 0, "empty file")], {})
    table = _sound(data, kind_of(path.name))
    if table is not None:
        return Scan(str(path), _Sound(table), [], {})
    rows: list[Row] = []
    broken: dict[str, int] = {}
    faults: list[Fault] = []
    lines = data.split(b"\n")
    if lines[-1]:
        faults.append(Fault(str(path), len(lines), "no line end at the end of the file"))
    else:
        lines.pop()
    kind = kind_of(path.name)
    for number, line in enumerate(lines, 1):
        text = line.decode(errors="replace")
        key, value = split_key(text.strip("\r\ufeff"))
        problems = list(_form_problems(line, text, key, value, kind))
        faults += [Fault(str(path), number, problem) for problem in problems]
        if "\r" in text:  # the line is checked further, as it will be without it
            message = "a carriage return (Windows line end); remove it with: sed -i 's/\\r//'"
            faults.append(Fault(str(path), number, message))
        if key and not problems:
            rows.append(Row(number, key, value, text))
        elif key:
            broken.setdefault(key, number)
    return Scan(str(path), rows, faults + list(_order_faults(str(path), rows)), broken)


def _sound(data: bytes, kind: Kind | None) -> Table | None:
    """Return the table in ``data``; None where a line of it may be wrong."""
    if not data.endswith(b"\n") or b"\xef\xbb\xbf" in data:
        return None
    columns = find_columns(data, kind)
    if columns.suspect or len(columns.order):
        return None
    table = Table(data, columns)
    keys = " ".join(table)
    longest = int((columns.key_ends - columns.starts).max(initial=0))
    return None if longest > LONGEST or _ODD_ID.search(f" {keys} ") else table


_ODD_ID = re.compile(r"/| ~| \.\.? ")


def _form_problems(line: bytes, text: str, key: str, value: str, kind: Kind | None) -> Iterator[str]:
    try:
        line.decode()
    except UnicodeDecodeError as error:
        yield f"not UTF-8 (byte {error.start + 1})"
    if text.startswith("\ufeff"):
        yield "begins with a byte order mark; save the file as UTF-8 without it"
    if "\0" in text:
        yield "a NUL character"
    if not key:
        yield "an empty line" if not text.strip() else "the line begins with a space, not with an id"
        return
    if re.search(r"\s", key):
        yield f"the id {key!r} has a Unicode space or a control character in it"
    problem = fields_problem(key, value, kind) or id_problem(key)
    if problem:
        yield problem


def _order_faults(name: str, rows: list[Row]) -> Iterator[Fault]:
    seen: dict[str, int] = {}
    previous = ""
    for row in rows:
        if row.key in seen:
            yield Fault(name, row.line, f"'{row.key}' stands on line {seen[row.key]} too; ids must be unique")
        elif row.key < previous:
            yield Fault(
                name, row.line, f"'{row.key}' after '{previous}': not sorted; use LC_ALL=C sort or fix_data_dir.py"
            )
        seen.setdefault(row.key, row.line)
        previous = row.key
