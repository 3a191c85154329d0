"""What a corpus is to audiolab: where its files come from, how it becomes data dirs, how its mini twin is made."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audiolab.errors import AudiolabError, did_you_mean

CORPORA = {"vcc2018": "audiolab.corpora.vcc2018"}
"""Corpus name -> the module whose ``CORPUS`` describes it; a further corpus is a module and a line here."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that a corpus's publisher serves.

    Attributes:
        url: Its http(s) address.
        name: Its name on disk.
        sha256: Hexadecimal, None where the publisher states none.
        md5: The same; checked as well where both are stated.
        size: Bytes, None where not stated.
    """

    url: str
    name: str
    sha256: str | None = None
    md5: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Corpus:
    """One corpus.

    Attributes:
        name: As in ``--corpus`` and in ``egs/<name>``.
        license: The recordings' license, as its publisher names it.
        homepage: Where a person reads about it.
        files: Archives; each is unpacked into a folder of its own below ``<dest>/<name>``.
        prepare: ``(db_root, dest) -> data dirs written``; the corpus's folders become ``<dest>/<set>``.
        make_mini: ``(dest, seed=, nj=, train_sentences=, eval_sentences=)``; writes a small synthetic corpus in the
            same folder layout, the same bytes for the same arguments.
    """

    name: str
    license: str
    homepage: str
    files: tuple[RemoteFile, ...]
    prepare: Callable[[Path, Path], list[Path]]
    make_mini: Callable[..., None]


def get_corpus(name: str) -> Corpus:
    """Return the corpus called ``name``.

    Raises:
        AudiolabError: There is none; names the nearest.
    """
    if name not in CORPORA:
        raise AudiolabError(f"--corpus: unknown corpus '{name}'{did_you_mean(name, CORPORA)}")
    return importlib.import_module(CORPORA[name]).CORPUS
