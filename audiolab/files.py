"""Writing files so that nothing which stood before is lost or half-written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from audiolab.errors import AudiolabError


@contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a temporary file beside ``path`` and, when the block ends well, sync it and rename it to ``path``.

    A reader sees the old file or the whole new one, never a part, even when the process is killed or the disk is
    full; when the block raises, the temporary file is removed and ``path`` stays as it was.

    Args:
        path: The file to write; its folder is made.
        mode: ``"w"`` (UTF-8, line ends kept as given) or ``"wb"``.

    Raises:
        AudiolabError: The file cannot be written (no space, no permission, …).
    """
    path = Path(path)
    text = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        with open(handle, mode, **text) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        sync_folder(path.parent)
        temporary = None
    except UnicodeEncodeError as error:
        word = ascii(error.object[error.start : error.end])
        raise AudiolabError(f"cannot write {path}: {word}, of a name that is not UTF-8; rename that file") from error
    except OSError as error:
        reason = error.strerror or error
        raise AudiolabError(f"cannot write {path}: {reason}; what stood there before is kept") from error
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def sync_folder(folder: str | Path) -> None:
    """Make renames in ``folder`` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
