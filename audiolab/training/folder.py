"""A run's folder is one run's at a time, and free of what a killed one left half-written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from audiolab.errors import AudiolabError
from audiolab.files import try_lock


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
            free = try_lock(lock)
        except OSError as error:
            raise AudiolabError(f"{lock.name}: cannot be locked: {error.strerror}; give another --expdir") from error
        if not free:
            raise AudiolabError(f"{expdir}: another process is training there; wait for it or stop it")
        for folder in (expdir, expdir / "checkpoints", expdir / "curves"):
            for path in folder.glob(".*.tmp"):  # atomic_write's, of a run that was killed
                path.unlink(missing_ok=True)
        yield
