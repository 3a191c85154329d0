"""Feature matrices in Kaldi's archives: ``feats.ark`` with the data, ``feats.scp`` with each matrix's place in it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import kaldiio
import numpy as np

from audiolab.datadir.arkread import read_matrix, read_shape
from audiolab.datadir.table import put_table, read_table, write_table
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write


def write_matrices(
    ark: str | Path,
    scp: str | Path,
    pairs: Iterable[tuple[str, np.ndarray]],
    compression: int | None = None,
    dtype: type = np.float32,
) -> None:
    """Write an archive of matrices and the scp table that points into it.

    Both are written under temporary names first; an older scp is removed before the new archive takes the old one's
    place, so that no scp is ever left that points into another archive.

    Args:
        ark: The archive. This path, as it is given, stands in the scp.
        scp: The table, sorted by id.
        pairs: (id, T × D matrix or vector of T), taken one after another, so they may come from a generator.
        compression: None, or Kaldi's method 1–7 (2: one byte a value, for speech features), matrices only.
        dtype: float32, or float64 (for statistics).

    Raises:
        AudiolabError: A value is NaN or infinite, a matrix is empty or of more than 2 dimensions, an id is given twice,
            or a file cannot be written; nothing is changed then.
    """
    if compression is not None and compression not in range(1, 8):
        raise AudiolabError(f"{ark}: compression method {compression}; Kaldi knows 1 to 7")
    table: dict[str, str] = {}
    with atomic_write(scp) as scp_file, atomic_write(ark, "wb") as ark_file:
        for utterance, values in pairs:
            if utterance in table:
                raise AudiolabError(f"{ark}: '{utterance}' is given twice")
            matrix = _checked(values, utterance, ark, dtype)
            ark_file.write(f"{utterance} ".encode())
            table[utterance] = f"{ark}:{ark_file.tell()}"
            kaldiio.save_mat(ark_file, matrix, compression_method=compression)
        if not table:
            raise AudiolabError(f"{ark}: nothing to write, not one matrix was made")
        put_table(scp_file, table, scp)
        for file in (scp_file, ark_file):
            file.flush()
            os.fsync(file.fileno())
        Path(scp).unlink(missing_ok=True)


def write_archive(ark: Path, pairs: Iterable[tuple[str, np.ndarray]], final: Path) -> dict[str, str]:
    """Write an archive into a folder that is to become ``final``, and return its table as it is there.

    Arguments and errors are those of `write_matrices`.
    """
    scp = ark.with_suffix(".scp")
    write_matrices(ark, scp, pairs)
    entries = {key: f"{final / ark.name}:{entry.rpartition(':')[2]}" for key, entry in read_table(scp).items()}
    scp.unlink()
    return entries


def _checked(values: np.ndarray, utterance: str, ark: str | Path, dtype: type) -> np.ndarray:
    with np.errstate(over="ignore"):  # what overflows becomes infinite and is refused below
        matrix = np.ascontiguousarray(values, dtype=dtype)
    if matrix.ndim not in (1, 2) or matrix.size == 0:
        raise AudiolabError(f"{ark}: '{utterance}' has shape {matrix.shape}; a matrix with rows is wanted")
    bad = ~np.isfinite(matrix)
    if bad.any():
        row = int(np.argmax(bad.reshape(len(matrix), -1).any(axis=1)))
        raise AudiolabError(f"{ark}: '{utterance}' has {int(bad.sum())} NaN or infinite values, the first in row {row}")
    return matrix


class MatrixTable(Mapping[str, np.ndarray]):
    """The matrices that an scp table names; each is read when it is asked for.

    Args:
        scp: The table's path, or the table itself.
        allow_pipes: Whether entries that are commands may be run.
        path: Of a table that is given itself, for messages.
    """

    def __init__(
        self, scp: str | Path | Mapping[str, str], allow_pipes: bool = False, path: str | Path = "scp"
    ) -> None:
        self.path = str(path if isinstance(scp, Mapping) else scp)
        self.entries = dict(scp) if isinstance(scp, Mapping) else read_table(scp)
        self.allow_pipes = allow_pipes

    def __getitem__(self, utterance: str) -> np.ndarray:
        """Return the matrix, T × D, or vector, as stored: float32 or float64."""
        return read_matrix(self._entry(utterance), self.allow_pipes, f"{self.path}: {utterance}")

    def __contains__(self, utterance: object) -> bool:
        return utterance in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def shape(self, utterance: str) -> tuple[int, ...]:
        """Return the matrix's shape; of a binary archive only the header is read."""
        return read_shape(self._entry(utterance), self.allow_pipes, f"{self.path}: {utterance}")

    def rows(self, utterance: str) -> int:
        """Return the number of frames; of a binary archive only the header is read."""
        return self.shape(utterance)[0]

    def _entry(self, utterance: str) -> str:
        if utterance not in self.entries:
            raise AudiolabError(f"{self.path}: no entry for '{utterance}'")
        return self.entries[utterance]


def join_scp(parts: Sequence[str | Path], scp: str | Path) -> None:
    """Merge the scp tables that jobs wrote into one, sorted.

    Raises:
        AudiolabError: A part is missing, or an id is in two of them.
    """
    joined: dict[str, str] = {}
    origin: dict[str, str | Path] = {}
    for part in parts:
        for key, value in read_table(part).items():
            if key in joined:
                raise AudiolabError(f"{part}: '{key}' is in {origin[key]} too; run the stage again from its beginning")
            joined[key], origin[key] = value, part
    write_table(scp, joined)
