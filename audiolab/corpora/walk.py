"""Going through a corpus's folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

AUDIO = (".wav", ".flac")
"""The ends of the names, in lower case, of what is taken for a recording."""


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


def recordings_below(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield (folder, names of its recordings) of each folder that has some."""
    for folder, names in walk(root):
        audio = [name for name in names if name.lower().endswith(AUDIO)]
        if audio:
            yield folder, audio
