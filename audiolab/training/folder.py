"""A run's folder is one run's at a time, and free of what a killed one left half-written."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiolab.errors import AudiolabError


@contextmanager
def claimed(expdir: Path, main: bool) -> Iterator[None]:
    """Make ``expdir``, and let nobody else train in it inside the block.

    The lock is the process's own: it ends with it, however it ends, and workers that outlive it do not hold it.

    Args:
        expdir: The run's folder.
        main: Whether this is the process that writes; the others do nothing.

    Raises:
        AudiolabError: Another process trains there, or the folder cannot be made.
    """
    if not main:
        yield
        return
    try:
        expdir.mkdir(parents=True, exist_ok=True)
        lock = open(expdir / ".lock", "w", encoding="utf-8")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise AudiolabError(f"{expdir}: cannot write there: {error.strerror}; give another --expdir") from error
    with lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise AudiolabError(f"{expdir}: another process is training there; wait for it or stop it") from error
        for folder in (expdir, expdir / "checkpoints", expdir / "curves"):
            for path in folder.glob(".*.tmp"):  # atomic_write's, of a run that was killed
                path.unlink()
        yield
