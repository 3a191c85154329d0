"""That nothing is written over what it is made from."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.entry import files_of
from audiolab.errors import AudiolabError


def check_apart(source: str | Path, destination: str | Path) -> None:
    """Raise `AudiolabError` where a folder is to be made that is, holds or lies in one that is read; links count.

    Args:
        source: What is read, a folder or a file.
        destination: The folder that is to be made.
    """
    read, made = Path(source).resolve(), Path(destination).resolve()
    if read == made:
        relation = "is read too"
    elif made in read.parents:
        relation = f"holds {source}, which is read"
    elif read in made.parents:
        relation = f"lies in {source}, which is read"
    else:
        return
    raise AudiolabError(f"{destination}: {relation}, and would be written over; name a folder apart from it")


def check_recordings_apart(datadir: DataDir, destination: str | Path) -> None:
    """Raise `AudiolabError` where something that a data dir's tables name lies in the folder that is to be made."""
    tables = sorted(path.name for path in datadir.path.glob("*.scp"))
    entries = (
        (f"{datadir.path / name}: {id_}", entry) for name in tables for id_, entry in datadir.table(name).items()
    )
    check_files_apart((file for where, entry in entries for file in files_of(entry, where)), destination)


def check_files_apart(files: Iterable[str | Path], destination: str | Path) -> None:
    """Raise `AudiolabError` where one of many files that are read lies in the folder that is to be made."""
    made = Path(destination).resolve()
    folders: dict[str, Path] = {}
    for file in map(os.fspath, files):
        folder = os.path.dirname(file)
        if folder not in folders:
            folders[folder] = Path(folder).resolve()
        real = Path(file).resolve() if os.path.islink(file) else folders[folder] / os.path.basename(file)
        if made in real.parents:
            check_apart(file, destination)


def check_not_read(out: str | Path, *read: str | Path) -> None:
    """Raise `AudiolabError` where a file that is to be written is one of those that it is made from."""
    for source in read:
        if Path(out).resolve() == Path(source).resolve():
            raise AudiolabError(f"{out}: is read too, and would be written over; name another file")
