"""Reading one matrix of a Kaldi archive: plain, compressed (CM, CM2, CM3) or as text, whole or a range of it."""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator
from typing import IO

import numpy as np
from kaldiio.matio import read_int32vector, read_matrix_or_vector

from audiolab.datadir.source import Source, command_output, parse_entry, reason_of
from audiolab.datadir.table import parse_count
from audiolab.errors import AudiolabError

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


def read_shape(entry: str, allow_pipes: bool = False, where: str = "") -> tuple[int, ...]:
    """Return the shape of what `read_matrix` would give; of a binary archive only the header is read."""
    where = f"{where}: {entry}" if where else entry
    source = parse_entry(entry)
    with _open(source, allow_pipes, where) as file:
        shape = _header_shape(file)
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
    begin = file.tell()
    head = file.read(5)
    file.seek(begin)
    if not head:
        raise AudiolabError(f"{where}: the archive ends before this matrix; make archive and table again")
    if head.startswith(_REFUSED):  # kaldiio would unpickle the first of these, which can run code
        raise AudiolabError(f"{where}: no Kaldi matrix stands here but {head!r}")
    try:
        if head[:3] == b"\0B\4":
            return read_int32vector(file)
        return read_matrix_or_vector(file) if head[:2] == b"\0B" else _read_text(file)
    except (ValueError, AssertionError, struct.error, UnicodeDecodeError) as error:
        raise AudiolabError(f"{where}: broken or truncated archive; make archive and table again") from error


def _read_text(file: IO[bytes]) -> np.ndarray:
    """Read ``[ 1 2 ]`` (a vector) or ``[`` with a row a line (a matrix); kaldiio takes '0 1.5' for integers."""
    text = b""
    while b"]" not in text:
        line = file.readline()
        if not line:
            raise ValueError("no closing bracket")
        text += line
    opening, _, body = text.partition(b"[")
    if opening.strip():
        raise ValueError("no opening bracket")
    rows = [row.split() for row in body.partition(b"]")[0].split(b"\n")]
    matrix = np.array([row for row in rows if row], dtype=np.float32)
    return matrix if b"\n" in body.partition(b"]")[0] else matrix.reshape(-1)


def _header_shape(file: IO[bytes]) -> tuple[int, ...] | None:
    """Return the shape that a binary matrix's header states, None for anything else; the file's position is kept."""
    begin = file.tell()
    head = file.read(20)
    file.seek(begin)
    if head[:5] in (b"\0BFM ", b"\0BDM ") and len(head) >= 15:
        return struct.unpack("<xixi", head[5:15])
    if head[:5] in (b"\0BFV ", b"\0BDV ") and len(head) >= 10:
        return struct.unpack("<xi", head[5:10])
    for kind in (b"\0BCM ", b"\0BCM2 ", b"\0BCM3 "):
        if head.startswith(kind):
            file.seek(begin + len(kind) + 8)
            sizes = file.read(8)
            file.seek(begin)
            return struct.unpack("<ii", sizes) if len(sizes) == 8 else None
    return None


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
