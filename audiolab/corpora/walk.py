"""Going through a corpus's folders."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from audiolab.errors import AudiolabError
from audiolab.waiting import told

AUDIO = (".wav", ".flac")
"""The ends of the names, in lower case, of what is taken for a recording."""


ANY_AUDIO = (*AUDIO, ".mp3", ".ogg", ".opus", ".aiff", ".aif", ".au", ".caf", ".w64")
"""The same of users' own audio, of any format that is read."""


def walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield (folder, names of its files), sorted; links are followed once, hidden and macOS's files left out.

    Raises:
        AudiolabError: A folder cannot be read.
    """
    seen = set()
    for folder, subfolders, names in os.walk(root, followlinks=True, onerror=_refuse):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith((".", "__MACOSX", "lost+found")))
        if os.path.realpath(folder) in seen:
            subfolders.clear()
            continue
        seen.add(os.path.realpath(folder))
        yield Path(folder), sorted(name for name in names if not name.startswith("."))


def _refuse(error: OSError) -> None:
    """Raise for a folder that is there, which `os.walk` would leave out without a word."""
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise AudiolabError(
            f"{error.filename}: cannot be read ({error.strerror}); change its rights, or move it away"
        ) from error


def recordings_below(root: Path, endings: tuple[str, ...] = AUDIO) -> Iterator[tuple[Path, list[str]]]:
    """Yield (folder, names of its recordings) of each folder that has some; their names end in one of ``endings``."""
    for folder, names in told(walk(root), f"folders of {root}"):
        audio = [name for name in names if name.lower().endswith(endings)]
        if audio:
            for name in audio:
                check_name(folder / name)
            yield folder, audio


def by_name(folder: Path, names: Iterable[str], wanted: Collection[str]) -> dict[str, Path]:
    """Return name without ending -> file, of those files of a folder that are ``wanted``.

    Raises:
        AudiolabError: One is there twice, with two endings.
    """
    found: dict[str, Path] = {}
    for path in (folder / name for name in names):
        if path.stem in wanted and found.setdefault(path.stem, path) != path:
            raise AudiolabError(f"{path}: {found[path.stem].name} is there, too; leave one of them")
    return found


def check_whole(folder: Path, found: Mapping[str, Path], needed: Iterable[str], advice: str) -> None:
    """Raise `AudiolabError` where `by_name` did not find all recordings that a song has; ``advice`` is what to do."""
    missing = [name for name in needed if name not in found]
    if missing:
        raise AudiolabError(f"{folder}: has no {' and no '.join(missing)} (.wav or .flac); {advice}")


def check_name(path: Path) -> None:
    """Raise `AudiolabError` for a path that cannot stand in a table."""
    name = str(path)
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise AudiolabError(f"{name!r}: the path is not UTF-8; rename the file or folder") from error
    if name != name.strip() or re.search(r"[\n\r\0]", name):
        raise AudiolabError(f"{name!r}: the path has a line end, or a space at its end; rename it")
