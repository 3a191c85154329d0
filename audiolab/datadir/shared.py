"""Arrays that processes share: what is sent to another one is where they are in memory, not what is in them."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from audiolab.errors import AudiolabError

_ALIGNED = 16
"""Bytes on multiples of which arrays begin."""

_Form = list[tuple[str, int, int]]
"""Of each array its type, its first byte and its length."""


class Shared:
    """Arrays of one dimension, which nobody changes.

    Pickling moves them into memory without a name (``memfd_create``), to which whoever unpickles them gets access as
    long as this process lives; where the system has no such memory, their contents are sent.

    Args:
        arrays: The arrays.

    Attributes:
        arrays: The same, in shared memory as soon as they have been pickled.
    """

    def __init__(self, arrays: Sequence[np.ndarray]) -> None:
        self.arrays = tuple(arrays)
        self._memory: _Memory | None = None
        self._form: _Form = []

    def __reduce__(self) -> tuple[Any, ...]:
        if not hasattr(os, "memfd_create") or not os.path.isdir("/proc/self/fd"):
            return Shared, (self.arrays,)
        if self._memory is None:
            self._move()
        return _attach, (f"/proc/{os.getpid()}/fd/{self._memory.descriptor}", self._form)

    def _move(self) -> None:
        """Move the arrays into shared memory."""
        form, end = [], 0
        for array in self.arrays:
            form.append((array.dtype.str, end, len(array)))
            end += -(-array.nbytes // _ALIGNED) * _ALIGNED
        memory = _Memory(os.memfd_create("audiolab"))
        os.ftruncate(memory.descriptor, max(end, 1))
        with mmap.mmap(memory.descriptor, max(end, 1)) as place:
            for array, (_, begin, _) in zip(self.arrays, form):
                place[begin : begin + array.nbytes] = array.tobytes()
        self._open(memory, form)

    def _open(self, memory: _Memory, form: _Form) -> None:
        place = mmap.mmap(memory.descriptor, 0, access=mmap.ACCESS_READ)
        self.arrays = tuple(np.frombuffer(place, kind, count, begin) for kind, begin, count in form)
        self._memory, self._form = memory, form


class _Memory:
    """A descriptor of memory, closed with its object."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self, close: Any = os.close) -> None:
        close(self.descriptor)


def _attach(path: str, form: _Form) -> Shared:
    shared = Shared(())
    try:
        memory = _Memory(os.open(path, os.O_RDONLY))
    except OSError as error:
        raise AudiolabError(
            f"{path}: tables of another process cannot be read ({error.strerror}): it has ended, or is another user's"
        ) from error
    shared._open(memory, form)
    return shared
