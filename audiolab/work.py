"""Work on many items in processes, whose failures are told and do not end it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import joblib

from audiolab.errors import AudiolabError
from audiolab.waiting import told

_SHARES = 8
"""Lists of items that a process is given in turn: few, for what items share is sent with each."""


@contextmanager
def processes(nj: int) -> Iterator[None]:
    """Inside the block, `each` works in ``nj`` processes of one thread each."""
    with joblib.parallel_config(backend="loky", n_jobs=nj, inner_max_num_threads=1 if nj > 1 else None):
        yield


def each(function: Callable[..., Any], items: Sequence[Any], *shared: Any) -> list[Any]:
    """Return for each item what ``function(item, *shared)`` gives, or the message of the `AudiolabError` it raises."""
    parallel = joblib.Parallel(return_as="generator")
    size = max(1, math.ceil(len(items) / (_SHARES * parallel.n_jobs)))
    starts = range(0, len(items), size)
    found = parallel(joblib.delayed(_share)(function, items[start : start + size], shared) for start in starts)
    return [result for of_share in told(found, f"parts of {len(items)}", len(starts)) for result in of_share]


def _share(function: Callable[..., Any], items: Sequence[Any], shared: tuple[Any, ...]) -> list[Any]:
    return [_attempt(function, item, *shared) for item in items]


def _attempt(function: Callable[..., Any], *args: Any) -> Any:
    try:
        return function(*args)
    except AudiolabError as error:
        return str(error)
