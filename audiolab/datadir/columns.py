"""Where in a table's bytes the keys and values of its lines stand, found for all lines at once."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from audiolab.datadir.kinds import Kind

_BLOCK = 1 << 20
"""Bytes that are looked at at a time, or a line where it is longer."""

_PLAIN, _BLANK, _END, _CONTROL = range(4)

_CLASSES = np.full(256, _PLAIN, dtype=np.uint8)
_CLASSES[:32] = _CONTROL
_CLASSES[[9, 32]] = _BLANK
_CLASSES[10] = _END

_WIDE_SPACE = re.compile(rb"\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80")
"""Spaces of Unicode, which part fields as `str.split` does."""


class Columns(NamedTuple):
    """The lines of a table: line n has its key in the bytes starts[n] to key_ends[n].

    Attributes:
        starts: First byte of each line, int32 [N].
        key_ends: Behind its key.
        value_starts: First byte of its value.
        value_ends: Behind its value.
        order: Numbers of the lines in the order of their keys; empty where that is their order.
        suspect: Whether a line may be wrong; False: none is.
    """

    starts: np.ndarray
    key_ends: np.ndarray
    value_starts: np.ndarray
    value_ends: np.ndarray
    order: np.ndarray
    suspect: bool


def find_columns(data: bytes, kind: Kind | None) -> Columns:
    """Return the columns of a table.

    Args:
        data: Its lines, each ended by LF; less than 2 GiB.
        kind: What its lines are to be; None where any value will do.
    """
    parts: list[np.ndarray] = []
    suspect, ordered, previous = False, True, b""
    for begin, end in _blocks(data):
        block = data[begin:end]
        found, odd = _find(block, kind)
        suspect |= odd
        keys = list(map(block.__getitem__, map(slice, found[0].tolist(), found[1].tolist())))
        ordered = ordered and previous < keys[0] and all(map(operator.lt, keys, itertools.islice(keys, 1, None)))
        previous = keys[-1]
        parts.append(found + np.int32(begin))
    columns = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0), dtype=np.int32)
    order, twice = (np.zeros(0, dtype=np.int32), False) if ordered else _order(data, columns)
    return Columns(*columns, order, suspect or twice)


def _blocks(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where whole lines of about `_BLOCK` bytes begin and end."""
    begin = 0
    while begin < len(data):
        end = data.rfind(b"\n", begin, begin + _BLOCK) + 1 or data.index(b"\n", begin) + 1
        yield begin, end
        begin = end


def _find(block: bytes, kind: Kind | None) -> tuple[np.ndarray, bool]:
    """Return a block's starts, key ends, value starts and value ends, int32 [4, N], and whether a line may be wrong."""
    classes = _CLASSES[np.frombuffer(block, dtype=np.uint8)]
    ends = np.flatnonzero(classes == _END)
    starts = np.concatenate(([0], ends[:-1] + 1))
    blank = classes == _BLANK
    step = np.diff(blank.view(np.int8), prepend=np.int8(0))  # a block ends in LF, so each run of blanks has an end
    gaps, behind = np.flatnonzero(step == 1), np.flatnonzero(step == -1)
    first, last = np.searchsorted(gaps, starts), np.searchsorted(gaps, ends) - 1
    has_gap = last >= first
    if len(gaps):
        near, far = np.minimum(first, len(gaps) - 1), np.maximum(last, 0)
        key_ends = np.where(has_gap, gaps[near], ends)
        value_starts = np.where(has_gap, behind[near], ends)
        trailing = has_gap & (behind[far] == ends)
        value_ends = np.maximum(np.where(trailing, gaps[far], ends), value_starts)
    else:
        key_ends, value_starts, value_ends, trailing = ends, ends, ends, has_gap
    fields = np.where(value_ends > value_starts, 1 + last - first - trailing, 0)
    odd = bool((key_ends == starts).any()) or _CONTROL in classes
    odd |= not (kind is not None and kind.may_be_empty) and bool((fields == 0).any())
    if kind is not None and kind.fields is not None:
        odd |= bool((fields != kind.fields).any())
    return np.stack((starts, key_ends, value_starts, value_ends)).astype(np.int32), odd or not _is_text(block)


def _is_text(block: bytes) -> bool:
    """Return whether a block is UTF-8 in which only blanks and line ends are spaces."""
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return _WIDE_SPACE.search(block) is None


def _order(data: bytes, columns: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the lines' numbers in the order of their keys, and whether a key stands twice."""
    keys = list(map(data.__getitem__, map(slice, columns[0].tolist(), columns[1].tolist())))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    twice = any(keys[one] == keys[two] for one, two in itertools.pairwise(order))
    return np.array(order, dtype=np.int32), twice
