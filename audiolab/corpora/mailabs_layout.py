"""M-AILABS's folders: whose a recording is, in which language, and what is said.

``<region>/by_book/{female,male}/<reader>/<book>/metadata.csv`` and ``wavs/<id>.wav``; ``<region>/by_book/mix/<book>``
where several read a book. The corpus has hidden files of macOS, lines without a recording and recordings without a
line: these are left out.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.listed import METADATA, listed_recordings, read_metadata
from audiolab.corpora.prepared import Recording, clean_id
from audiolab.corpora.walk import walk
from audiolab.errors import AudiolabError
from audiolab.waiting import told

REGIONS = {
    "de_DE": "de", "en_UK": "en-gb", "en_US": "en-us", "es_ES": "es", "fr_FR": "fr-fr", "it_IT": "it", "pl_PL": "pl",
    "ru_RU": "ru", "uk_UK": "uk",
}  # fmt: skip
"""Folder, and archive without its ending -> language."""

EXPECTED = "<region>/by_book/{female,male}/<reader>/<book>/metadata.csv beside wavs/<id>.wav"

GENDERS = {"female": "f", "male": "m"}


@dataclass(frozen=True)
class Book:
    """A folder of ``metadata.csv`` and ``wavs``; ``gender`` is None where several read."""

    path: Path
    language: str
    reader: str
    gender: str | None


def find_books(db_root: str | Path) -> list[Book]:
    """Return all books below a folder, sorted; a table that lies elsewhere than a book's is told and left out.

    Raises:
        AudiolabError: There is no such folder, or no book in it.
    """
    root = Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {EXPECTED} lies")
    books = []
    for folder, names in told(walk(root), f"folders of {root}"):
        if METADATA in names:
            book = _book(folder)
            if book is None:
                logging.warning("%s: left out: does not lie as %s", folder / METADATA, EXPECTED)
            else:
                books.append(book)
    if not books:
        raise AudiolabError(f"{root}: no books; expected {EXPECTED}, <region> being one of {' '.join(REGIONS)}")
    return books


def _book(folder: Path) -> Book | None:
    """Return the book that a folder is by where it lies, None where it is none."""
    parts = ("", "", *folder.absolute().parts)  # four of them at the least
    for region, by_book, kind, *rest in (parts[-5:], parts[-4:]):
        if by_book == "by_book" and region in REGIONS:
            if kind in GENDERS and len(rest) == 2:
                return Book(folder, REGIONS[region], clean_id(rest[0]), GENDERS[kind])
            if kind == "mix":
                return Book(folder, REGIONS[region], clean_id(f"mix_{rest[0]}"), None)
    return None


def recordings_of(book: Book) -> Iterator[Recording]:
    """Yield a book's recordings that have a text; raises `AudiolabError` where its table is broken."""
    texts = read_metadata(book.path / METADATA)
    for name, path in listed_recordings(book.path / "wavs", texts).items():
        utterance = f"{book.reader}-{clean_id(name)}"
        yield Recording(path, book.reader, utterance, book.language, texts[name], book.gender)
