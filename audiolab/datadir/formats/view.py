"""A file in other pieces: what a decoder reads in the place of a file whose header misleads it."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import IO

from audiolab.datadir.formats.layout import Piece


class View(io.RawIOBase):
    """Reads the pieces, one after another, as one file.

    Args:
        file: The file; nobody else reads it meanwhile.
        pieces: Bytes, or (begin, end) of the file.
    """

    def __init__(self, file: IO[bytes], pieces: Sequence[Piece]) -> None:
        super().__init__()
        self._file, self._pieces, self._at = file, pieces, 0
        self._sizes = [len(piece) if isinstance(piece, bytes) else piece[1] - piece[0] for piece in pieces]

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position, and return it."""
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: sum(self._sizes)}[whence])
        return self._at

    def readinto(self, buffer: bytearray) -> int:
        """Fill as much of ``buffer`` as one piece has; return how many bytes that was."""
        before = 0
        for piece, size in zip(self._pieces, self._sizes):
            if self._at < before + size:
                data = self._within(piece, self._at - before, min(len(buffer), before + size - self._at))
                buffer[: len(data)] = data
                self._at += len(data)
                return len(data)
            before += size
        return 0

    def _within(self, piece: Piece, first: int, count: int) -> bytes:
        if isinstance(piece, bytes):
            return piece[first : first + count]
        self._file.seek(piece[0] + first)
        return self._file.read(count)
