"""Reading one matrix of a Kaldi archive: plain, compressed (CM, CM2, CM3) or as text, whole or a range of it."""

from __future__ import annotations

import contextlib
import io
import math
import struct
from collections.abc import Iterator
from typing import IO

import numpy as np
from kaldiio.matio import read_matrix_or_vector

from audiolab.datadir.source import Source, command_output, parse_entry, reason_of
from audiolab.datadir.table import parse_count
from audiolab.errors import AudiolabError

LARGEST_TEXT = 1 << 26
"""Bytes that a matrix may have as text."""

_BINARY, _SIZE = b"\0B", b"\4"
_PLAIN = {b"FM": "<f4", b"DM": "<f8"}
_BROKEN = "broken or truncated archive; make archive and table again"
_REFUSED = (b"PKL", b"NPY", b"AUDIO", b"RIFF", b"fLaC")


def read_matrix(entry: str, allow_pipes: bool = False, where: str = "") -> np.ndarray:
    """Read the matrix, or vector, that an scp entry names.

    Args:
        entry: ``path:offset``, ``path``, either with a range ``[r0:r1,c0:c1]`` whose ends are inclusive, or a command.
        allow_pipes: Whether a command may be run.
        where: What begins an error message.

    Returns:
        T × D or T; float32, float64, or int32 for Kaldi's integer vectors.

    Raises:
        AudiolabError: The file is missing or broken, holds something else, or the range is not in the matrix.
    """
    where = f"{where}: {entry}" if where else entry
    source = parse_entry(entry)
    with _open(source, allow_pipes, where) as file:
        matrix = _read(file, where)
    return matrix[_slices(source.ranges, matrix.shape, where)]


def read_rows(
    entry: str, begin: int = 0, end: int | None = None, allow_pipes: bool = False, where: str = ""
) -> tuple[np.ndarray, int]:
    """Read rows of the matrix that an scp entry names; of a plain binary one no more than its header and these.

    Args:
        entry: As of `read_matrix`.
        begin: The first row, from 0.
        end: Behind the last row; None: the matrix's end.
        allow_pipes: Whether a command may be run.
        where: What begins an error message.

    Returns:
        The rows, T × D as `read_matrix` has them, and how many rows the whole matrix has.

    Raises:
        AudiolabError: As `read_matrix` does, for a vector, and where the rows are not in the matrix.
    """
    where = f"{where}: {entry}" if where else entry
    source = parse_entry(entry)
    with _open(source, allow_pipes, where) as file:
        shape = _binary_shape(file, where)
        whole = _read(file, where) if shape is None else None
        shape = shape if whole is None else whole.shape
        if len(shape) != 2:
            raise AudiolabError(f"{where}: a vector of shape {shape} stands here, and a matrix is wanted")
        slices = _slices(source.ranges, shape, where)
        rows = range(shape[0])[slices[0]]
        end = len(rows) if end is None else end
        if not 0 <= begin <= end <= len(rows):
            raise AudiolabError(
                f"{where}: rows {begin} to {end} are wanted of its {len(rows)}; make archive and table again"
            )
        if whole is None:
            taken = _read_part(file, shape[1], rows[begin:end], where)
        else:
            taken = whole[rows.start + begin : rows.start + end]
    return taken[:, slices[1]], len(rows)


def read_shape(entry: str, allow_pipes: bool = False, where: str = "") -> tuple[int, ...]:
    """Return the shape of what `read_matrix` would give; of a binary archive only the header is read."""
    where = f"{where}: {entry}" if where else entry
    source = parse_entry(entry)
    with _open(source, allow_pipes, where) as file:
        shape = _binary_shape(file, where)
        if shape is None:
            shape = _read(file, where).shape
    slices = _slices(source.ranges, shape, where)
    return tuple(len(range(size)[part]) for size, part in zip(shape, slices))


@contextlib.contextmanager
def _open(source: Source, allow_pipes: bool, where: str) -> Iterator[IO[bytes]]:
    if source.command:
        yield io.BytesIO(command_output(source, allow_pipes, where))
        return
    try:
        with open(source.path, "rb") as file:
            file.seek(source.offset or 0)
            yield file
    except OSError as error:
        raise AudiolabError(f"{where}: cannot open: {reason_of(error, source)}") from error


def _read(file: IO[bytes], where: str) -> np.ndarray:
    shape = _binary_shape(file, where)
    try:
        if shape is None:
            return _read_text(file)
        return read_matrix_or_vector(file) if len(shape) == 2 or _is_float(file) else _read_integers(file, shape[0])
    except (ValueError, AssertionError, struct.error, MemoryError) as error:
        raise AudiolabError(f"{where}: {_BROKEN}") from error


def _read_part(file: IO[bytes], columns: int, rows: range, where: str) -> np.ndarray:
    """Return rows of the binary matrix at which the file stands."""
    start = file.tell()
    head = file.read(24)
    kind = _PLAIN.get(head[2:4])
    if kind is None:  # compressed: its values follow from the whole matrix
        file.seek(start)
        return _read(file, where)[rows.start : rows.stop]
    dtype = np.dtype(kind)
    width = columns * dtype.itemsize
    file.seek(start + 15 + rows.start * width)
    values = np.frombuffer(bytearray(file.read(len(rows) * width)), dtype)
    return values.reshape(len(rows), columns)


def _binary_shape(file: IO[bytes], where: str) -> tuple[int, ...] | None:
    """Return the shape that a binary header states, None before text; the file's position is kept.

    Raises:
        AudiolabError: There is no matrix, or the file ends before what its header states.
    """
    begin = file.tell()
    head = file.read(24)
    left = file.seek(0, io.SEEK_END) - begin
    file.seek(begin)
    if not head:
        raise AudiolabError(f"{where}: the archive ends before this matrix; make archive and table again")
    if head.startswith(_REFUSED):  # kaldiio would unpickle the first of these, which can run code
        raise AudiolabError(f"{where}: no Kaldi matrix stands here but {head[:5]!r}")
    if not head.startswith(_BINARY):
        return None
    try:
        shape, size = _layout(head)
    except (KeyError, ValueError, struct.error) as error:
        raise AudiolabError(f"{where}: {_BROKEN}") from error
    if min(shape) < 0 or size > left:
        raise AudiolabError(f"{where}: its header states {shape}, {left} bytes are there; {_BROKEN}")
    return shape


def _layout(head: bytes) -> tuple[tuple[int, ...], int]:
    """Return (shape, bytes of header and values) that the beginning of binary data states."""
    if head[2:3] == _SIZE:
        (length,) = struct.unpack("<i", head[3:7])
        return (length,), 7 + 5 * length
    kind, _, rest = head[2:].partition(b" ")
    begin = 3 + len(kind)
    if kind in (b"CM", b"CM2", b"CM3"):
        rows, columns = struct.unpack("<8xii", rest[:16])
        values = rows * columns
        return (rows, columns), begin + 16 + {b"CM": 8 * columns + values, b"CM2": 2 * values, b"CM3": values}[kind]
    width = {b"FM": 4, b"DM": 8, b"FV": 4, b"DV": 8}[kind]
    sizes = 5 * (2 if kind.endswith(b"M") else 1)
    marks = rest[:sizes:5]
    if marks.strip(_SIZE):
        raise ValueError("a size that is no int32")
    shape = tuple(size for (size,) in struct.iter_unpack("<xi", rest[:sizes]))
    if len(shape) * 5 != sizes:
        raise ValueError("cut within its header")
    return shape, begin + sizes + width * math.prod(shape)


def _is_float(file: IO[bytes]) -> bool:
    """Return whether a binary vector is one of floats; the file's position is kept."""
    begin = file.tell()
    head = file.read(3)
    file.seek(begin)
    return head[2:] != _SIZE


def _read_integers(file: IO[bytes], length: int) -> np.ndarray:
    """Read Kaldi's vector of int32, each with its size before it."""
    file.seek(7, io.SEEK_CUR)
    values = np.frombuffer(file.read(5 * length), dtype=[("size", "u1"), ("value", "<i4")])
    if (values["size"] != _SIZE[0]).any():
        raise ValueError("a value that is no int32")
    return values["value"].copy()


def _read_text(file: IO[bytes]) -> np.ndarray:
    """Read ``[ 1 2 ]`` (a vector) or ``[`` with a row a line (a matrix); kaldiio takes '0 1.5' for integers."""
    lines, size = [], 0
    while not lines or b"]" not in lines[-1]:
        lines.append(file.readline(LARGEST_TEXT - size + 1))
        size += len(lines[-1])
        if not lines[-1] or size > LARGEST_TEXT:
            raise ValueError("no closing bracket")
    opening, _, body = b"".join(lines).partition(b"[")
    if opening.strip():
        raise ValueError("no opening bracket")
    body = body.partition(b"]")[0]
    rows = [np.array(row.split(), dtype=np.float32) for row in body.split(b"\n") if row.strip()]
    matrix = np.stack(rows) if rows else np.zeros((0, 0), np.float32)
    return matrix if b"\n" in body else matrix.reshape(-1)


def _slices(ranges: str, shape: tuple[int, ...], where: str) -> tuple[slice, ...]:
    parts = ranges.split(",") if ranges else []
    if len(parts) > len(shape):
        raise AudiolabError(f"{where}: the range has more dimensions than the matrix, {shape}")
    slices = [slice(0, size) for size in shape]
    for axis, part in enumerate(parts):
        if part.strip() in ("", ":"):
            continue
        ends = [parse_count(end.strip()) for end in part.split(":")]
        if len(ends) != 2 or None in ends:
            raise AudiolabError(f"{where}: '[{ranges}]' is no range such as [0:9] or [0:9,2:3]")
        first, last = ends
        if not first <= last < shape[axis]:
            raise AudiolabError(f"{where}: '[{ranges}]' is not within the matrix's {shape}; the last index counts too")
        slices[axis] = slice(first, last + 1)
    return tuple(slices)
