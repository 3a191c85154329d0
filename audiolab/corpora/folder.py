"""Folders that are there whole or not at all, and know what they were made from."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.textfile import read_json

MARKER = ".made_from.json"


def is_made(dest: str | Path, made_from: Mapping[str, Any], kind: str) -> bool:
    """Return whether ``dest`` is there and was made from exactly ``made_from``.

    Args:
        dest: The folder.
        made_from: What decides its contents, as JSON.
        kind: The key of ``made_from`` whose value must agree before anything at ``dest`` may be replaced.

    Raises:
        AudiolabError: Something else is at ``dest``, which is not ours to replace.
    """
    dest = Path(dest)
    if not dest.exists() or (dest.is_dir() and not any(dest.iterdir())):
        return False
    try:
        found = read_json(dest / MARKER)
    except AudiolabError:
        found = {}
    if found.get(kind) != made_from[kind]:
        raise AudiolabError(f"{dest}: is there already and not made from {made_from[kind]}; move it away")
    return found == dict(made_from)


@contextlib.contextmanager
def new_folder(dest: str | Path, made_from: Mapping[str, Any]) -> Iterator[Path]:
    """Give an empty folder beside ``dest``; when the block ends well, it replaces ``dest``.

    Raises:
        AudiolabError: The folder cannot be written; ``dest`` stays as it was.
    """
    dest = Path(dest)
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        with _scratch(dest) as scratch:
            new = scratch / "new"
            new.mkdir()
            yield new
            with atomic_write(new / MARKER) as out:
                json.dump(dict(made_from), out, indent=1)
            if dest.exists():
                dest.rename(scratch / "old")
            new.rename(dest)
    except OSError as error:
        raise AudiolabError(f"cannot write {dest}: {error.strerror or error}; it stays as it was") from error


@contextlib.contextmanager
def _scratch(dest: Path) -> Iterator[Path]:
    """Give an empty folder beside ``dest`` that goes afterwards; what a killed process left in it is cleared.

    Who makes ``dest`` holds a lock on it, so that nobody clears what is in use. Where the file system has no locks, it
    is a folder of another name each time, and what is left of it stays.
    """
    path = dest.with_name(f".{dest.name}.making")
    lock = _lock(path, dest)
    if lock is None:
        with tempfile.TemporaryDirectory(prefix=f"{path.name}.", dir=dest.parent) as folder:
            yield Path(folder)
        return
    try:
        if (path / "old").exists() and not dest.exists():  # killed between the two renames of `new_folder`
            (path / "old").rename(dest)
        for left in path.iterdir():
            logging.warning("%s: removing what a process that was killed has left", left)
            shutil.rmtree(left)
        yield path
    finally:
        shutil.rmtree(path)
        os.close(lock)


def _lock(path: Path, dest: Path) -> int | None:
    """Make a folder and lock it; return the lock, to be closed, or None where the file system has none."""
    while True:
        path.mkdir(exist_ok=True)
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:  # who made it has just removed it
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.path.samestat(os.fstat(lock), path.stat()):
                return lock
            os.close(lock)
        except BlockingIOError as error:
            os.close(lock)
            raise AudiolabError(f"{dest}: another process is making it; wait for it") from error
        except OSError:
            os.close(lock)
            with contextlib.suppress(OSError):
                path.rmdir()
            return None
