"""Unpacking archives that come from elsewhere: nothing lands outside the folder, nothing half-done is left."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from audiolab.corpora.archive import Member, open_archive
from audiolab.corpora.folder import is_made, new_folder
from audiolab.errors import AudiolabError, shown
from audiolab.waiting import bytes_told


def unpack(archive: str | Path, dest: str | Path) -> Path:
    """Unpack a zip or tar archive (plain or compressed) so that the folder ``dest`` holds it; return ``dest``.

    All is unpacked beside ``dest`` and renamed at the end. A ``dest`` that was unpacked from this very archive is left
    alone; one from an earlier version of it is replaced.

    Raises:
        AudiolabError: It is no archive or damaged; a member would land outside ``dest`` or is neither file nor folder;
            the disk has no room for what it declares; ``dest`` is there and was not unpacked from it.
    """
    archive, dest = Path(archive), Path(dest)
    if not archive.is_file():
        raise AudiolabError(f"{archive}: no such file; download it first")
    state = archive.stat()
    made_from = {"archive": archive.name, "size": state.st_size, "mtime_ns": state.st_mtime_ns}
    if is_made(dest, made_from, "archive"):
        return dest
    with new_folder(dest, made_from) as folder:
        _unpack_into(archive, folder)
    logging.info("unpacked %s into %s", archive.name, dest)
    return dest


def _unpack_into(archive: Path, folder: Path) -> None:
    """Check all members, then write them below ``folder``."""
    with open_archive(archive) as members:
        paths = [checked_path(member, archive) for member in members]
        size = sum(member.size for member in members)
        _check_room(archive, size, folder)
        with bytes_told(archive.name, size) as add:
            for member, path in zip(members, paths):
                if member.kind == "folder":
                    (folder / path).mkdir(parents=True, exist_ok=True)
                else:
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    _write(archive, member, folder / path, add)


def checked_path(member: Member, archive: Path) -> PurePosixPath:
    """Return where a member belongs, relative to the folder unpacked into.

    Raises:
        AudiolabError: It would land elsewhere, or is a link, a device or encrypted.
    """
    path = PurePosixPath(member.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.search(r"^[A-Za-z]:|[\0\n\r]", member.name):
        raise AudiolabError(
            f"{archive}: member {shown(member.name)} would land outside the folder; nothing was unpacked"
        )
    if member.kind not in ("file", "folder") or (member.kind == "file" and not path.parts):
        raise AudiolabError(
            f"{archive}: member {shown(member.name)} is not a file or folder but: {member.kind}; nothing was unpacked"
        )
    return path


def _check_room(archive: Path, size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise AudiolabError(
            f"{archive}: unpacks to {size / 1e6:.1f} MB, {free / 1e6:.1f} MB are free in {folder.parent.parent}; "
            "nothing was unpacked"
        )


def _write(archive: Path, member: Member, path: Path, add: Callable[[int], None]) -> None:
    """Write one file, of its declared size exactly, and give ``add`` the bytes that came."""
    written = 0
    try:
        with open(path, "xb") as out:
            for block in member.blocks():
                written += out.write(block)
                add(len(block))
                if written > member.size:
                    break
    except FileExistsError as error:
        raise AudiolabError(f"{archive}: member {shown(member.name)} comes twice; nothing was unpacked") from error
    if written != member.size:
        raise AudiolabError(f"{archive}: damaged: {shown(member.name)} has not its declared {member.size} bytes")
