"""Folders that are there whole or not at all, and know what they were made from."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write

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
        found = json.loads((dest / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    if not isinstance(found, dict) or found.get(kind) != made_from[kind]:
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
        with tempfile.TemporaryDirectory(prefix=f".{dest.name}.", dir=dest.parent) as scratch:
            new = Path(scratch) / "new"
            new.mkdir()
            yield new
            with atomic_write(new / MARKER) as out:
                json.dump(dict(made_from), out, indent=1)
            if dest.exists():
                dest.rename(Path(scratch) / "old")
            new.rename(dest)
    except OSError as error:
        raise AudiolabError(f"cannot write {dest}: {error.strerror or error}; it stays as it was") from error
