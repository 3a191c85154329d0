"""Recordings that lie in one folder, and the table that says what is said in them.

Corpora of speech synthesis have lines without a recording and recordings without a line. Both are left out, and told.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

from audiolab.corpora.walk import AUDIO, by_name, check_name, walk
from audiolab.errors import AudiolabError
from audiolab.textfile import read_lines

METADATA = "metadata.csv"


def folder_with(db_root: str | Path, table: str, expected: str) -> Path:
    """Return the one folder, ``db_root`` or one below it, that has a table of this name.

    Args:
        db_root: Where the corpus lies.
        table: The file's name.
        expected: What is to lie there, in words.

    Raises:
        AudiolabError: No such folder, or not one table.
    """
    root = Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {expected} lies")
    folders = [folder for folder, names in walk(root) if table in names]
    if len(folders) != 1:
        raise AudiolabError(f"{root}: {len(folders)} files {table}, not one; expected {expected}")
    return folders[0]


def read_metadata(path: Path) -> dict[str, str]:
    """Return id -> text of a table as LJSpeech and M-AILABS have it, the written-out text where there is one.

    A line is ``<id>|<text>|<text with numbers and abbreviations written out>``. Lines of no text are left out and told.

    Raises:
        AudiolabError: A line that is not of two or three parts, or an id that comes twice with different texts.
    """
    texts: dict[str, str] = {}
    empty = []
    for number, line in enumerate(read_lines(path, "this table of texts"), 1):
        if not line.strip():
            continue
        name, *columns = line.split("|")
        said = [" ".join(column.split()) for column in columns]
        if len(said) not in (1, 2) or not name.strip():
            raise AudiolabError(f"{path}:{number}: not <id>|<text>|<written-out text>; correct or remove the line")
        text = said[-1] or said[0]
        if not text:
            empty.append(number)
        elif texts.setdefault(name.strip(), text) != text:
            raise AudiolabError(f"{path}:{number}: '{name}' comes twice, with different texts; remove one of the lines")
    if empty:
        logging.info("%s: left out: lines without a text: %d, as line %d", path, len(empty), empty[0])
    return texts


def listed_recordings(folder: Path, texts: Mapping[str, str]) -> dict[str, Path]:
    """Return id -> file, sorted, of the recordings of a folder that have a text; tell what is left out.

    Raises:
        AudiolabError: One is there twice, with two endings, or has a name that no table can hold.
    """
    names = next((names for _, names in walk(folder)), []) if folder.is_dir() else []
    audio = [name for name in names if name.lower().endswith(AUDIO)]
    for name in audio:
        check_name(folder / name)
    found = by_name(folder, audio, texts)
    tell_left_out(folder, sorted(texts.keys() - found.keys()), len(audio) - len(found))
    return dict(sorted(found.items()))


def tell_left_out(place: Path, missing: list[str], unlisted: int = 0) -> None:
    """Log how many lines, by their ids, have no recording, and how many recordings no line."""
    if missing:
        logging.info("%s: left out: lines without a recording: %d, as of '%s'", place, len(missing), missing[0])
    if unlisted:
        logging.info("%s: left out: recordings without a line: %d", place, unlisted)
