"""Writing files so that nothing which stood before is lost or half-written, whatever the file system can do."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from audiolab.errors import AudiolabError

logger = logging.getLogger(__name__)

_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EACCES, errno.EBADF}
"""What file systems say that cannot sync a file or folder (CIFS, FUSE), or folders that may not be read."""

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
"""What file systems say that have no locks (Lustre without flock, NFS without a lock server)."""


@contextmanager
def atomic_write(path: str | Path, mode: str = "w", name: str | Path | None = None) -> Iterator[IO[Any]]:
    """Open a temporary file beside ``path`` and, when the block ends well, sync it and rename it to ``path``.

    A reader sees the old file or the whole new one, never a part, even when the process is killed or the disk is
    full; when the block raises, the temporary file is removed and ``path`` stays as it was. A link stays a link: the
    file that it leads to is written so. A device, a FIFO, ``/dev/stdout`` and its like are written into directly.

    Args:
        path: The file to write; its folder is made.
        mode: ``"w"`` (UTF-8, line ends kept as given) or ``"wb"``.
        name: What messages call the file; None: ``path``.

    Raises:
        AudiolabError: The file cannot be written (a folder, no space, no permission, …).
    """
    name = path if name is None else name
    try:
        write = _write_into if is_stream(path) else _write_beside
        target = Path(os.path.realpath(path)) if os.path.islink(path) and write is _write_beside else Path(path)
    except OSError as error:
        raise AudiolabError(f"cannot write {name}: {error.strerror or error}") from error
    if target.is_dir():
        raise AudiolabError(f"cannot write {name}: it is a folder; give the name of a file")
    with write(target, mode, name) as file:
        yield file


@contextmanager
def replaced_together(folder: str | Path) -> Iterator[Path]:
    """Yield an empty folder; when the block ends well, its files replace those of the same names in ``folder``.

    When the block raises, all that stood in ``folder`` stays as it was.

    Args:
        folder: Where the files are to be; it is made. It may be a link to one, on another disk too. One writer at a
            time may write into it.

    Raises:
        AudiolabError: They cannot be written there.
    """
    folder = Path(folder)
    staged = folder / ".tmp"  # inside it, for only there it is on the same disk in any case
    try:
        with _held(staged, folder):
            for left in staged.iterdir():  # by a process that was killed
                left.unlink()
            yield staged
            made = sorted(staged.iterdir())
            for path in made:
                if (folder / path.name).is_dir():
                    raise AudiolabError(f"cannot write {folder / path.name}: it is a folder; remove it")
            for path in made:
                os.replace(path, folder / path.name)
            sync_folder(folder)
    except OSError as error:
        raise AudiolabError(f"cannot write {folder}: {_reason(error, folder, staged)}") from error


@contextmanager
def _held(staged: Path, folder: Path) -> Iterator[None]:
    """Make ``staged`` in ``folder``, and remove it behind the block; inside it, it is nobody else's."""
    staged.mkdir(parents=True, exist_ok=True)
    held = os.open(staged, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # where locks do not work
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AudiolabError(f"{folder}: another process is writing into it; wait for its end") from error
        try:
            yield
        finally:
            shutil.rmtree(staged, ignore_errors=True)
            with contextlib.suppress(OSError):  # where there are files in it, or it is a link
                folder.rmdir()
    finally:
        os.close(held)


def is_stream(path: str | Path) -> bool:
    """Return whether ``path`` is something that can only be written into: a device, FIFO, socket or open file's name.

    A file of ``/dev`` itself or ``/proc`` counts as one whatever it is: ``/dev/stdout`` may lead to a regular file,
    which the shell has opened and goes on with.
    """
    path = Path(path)
    parent = os.path.realpath(path.parent)
    if (parent == "/dev" or parent.startswith("/proc/")) and os.path.lexists(path):
        return not os.path.isdir(path)
    try:
        kind = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    return not (stat.S_ISREG(kind) or stat.S_ISDIR(kind))


@contextmanager
def _write_beside(path: Path, mode: str, name: str | Path) -> Iterator[IO[Any]]:
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.tmp")  # as long a name as any is allowed
    renamed = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with open(handle, mode, **_text(mode)) as file:
            yield file
            file.flush()
            sync_file(file)
        os.replace(temporary, path)
        renamed = True
        sync_folder(path.parent)
    except UnicodeEncodeError as error:
        word = ascii(error.object[error.start : error.end])
        raise AudiolabError(f"cannot write {name}: {word}, of a name that is not UTF-8; rename that file") from error
    except OSError as error:
        outcome = "it is written, but may not outlive a power cut" if renamed else "what stood there before is kept"
        raise AudiolabError(f"cannot write {name}: {_reason(error, path, temporary)}; {outcome}") from error
    finally:
        if not renamed:
            with contextlib.suppress(OSError):  # of a file system that fails altogether; the first error tells it
                temporary.unlink(missing_ok=True)


@contextmanager
def _write_into(path: Path, mode: str, name: str | Path) -> Iterator[IO[Any]]:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)  # no O_TRUNC: it may be the shell's file
        with open(handle, mode, **_text(mode)) as file:
            yield file
    except OSError as error:
        raise AudiolabError(f"cannot write {name}: {_reason(error, path)}") from error


def digest(path: str | Path, algorithm: str = "sha256") -> str:
    """Return the hexadecimal checksum of the file at ``path``; raises OSError where it cannot be read."""
    state = hashlib.new(algorithm, usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            state.update(block)
    return state.hexdigest()


def sync_file(file: IO[Any]) -> None:
    """Make what was written to ``file`` and flushed last through a power cut, where its file system can do that."""
    _sync(file.fileno())


def sync_folder(folder: str | Path) -> None:
    """Make renames in ``folder`` last through a power cut, where its file system can do that."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # it may be written to, but not be read
        return
    try:
        _sync(handle)
    finally:
        os.close(handle)


def try_lock(file: IO[Any], lock: Callable[[IO[Any], int], None] = fcntl.lockf) -> bool:
    """Lock an open file for this process alone; return False where another one holds it.

    Where the file system has no locks, a warning says so, and the answer is True.

    Args:
        file: Open for writing.
        lock: ``fcntl.lockf``, a lock of the process, or ``fcntl.flock``, one of the open file.

    Raises:
        OSError: It cannot be locked for another reason.
    """
    try:
        lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN):
            return False
        if error.errno not in _NO_LOCKS:
            raise
        logger.warning("%s: its file system has no locks (%s): see to it that nobody else writes there", file.name,
                       error.strerror)  # fmt: skip
    return True


def _sync(handle: int) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def _text(mode: str) -> dict[str, str]:
    return {} if "b" in mode else {"encoding": "utf-8", "newline": ""}


def _reason(error: OSError, *own: Path) -> str:
    """Return what went wrong, and with which file where that is another one than ``own``."""
    reason = error.strerror or str(error)
    others = [name for name in (error.filename, error.filename2) if name is not None]
    if not others or set(map(str, others)) & set(map(str, own)):
        return reason
    return f"{others[0]}: {reason}"
