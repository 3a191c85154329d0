"""Going through a corpus's folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from audiolab.errors import AudiolabError
from audiolab.waiting import told

AUDIO = (".wav", ".flac")
"""The ends of the names, in lower case, of what is taken for a recording."""


ANY_AUDIO = (*AUDIO, ".mp3", ".ogg", ".opus", ".aiff", ".aif", ".au", ".caf", ".w64")
"""The same of users' own audio, of any format that is read."""


def walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield (folder, names of its files), sorted; links are followed once, hidden and macOS's files left out."""
    seen = set()
    for folder, subfolders, names in os.walk(root, followlinks=True):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__MACOSX")))
        if os.path.realpath(folder) in seen:
            subfolders.clear()
            continue
        seen.add(os.path.realpath(folder))
        yield Path(folder), sorted(name for name in names if not name.startswith("."))


def recordings_below(root: Path, endings: tuple[str, ...] = AUDIO) -> Iterator[tuple[Path, list[str]]]:
    """Yield (folder, names of its recordings) of each folder that has some; their names end in one of ``endings``."""
    for folder, names in told(walk(root), f"folders of {root}"):
        audio = [name for name in names if name.lower().endswith(endings)]
        if audio:
            for name in audio:
                check_name(folder / name)
            yield folder, audio


def check_name(path: Path) -> None:
    """Raise `AudiolabError` for a path that cannot stand in a table."""
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise AudiolabError(f"{name!r}: the path is not UTF-8; rename the file or folder") from error
    if name != name.strip() or re.search(r"[\n\r\0]", name):
        raise AudiolabError(f"{name!r}: the path has a line end, or a space at its end; rename it")
