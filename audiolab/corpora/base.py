"""What a corpus is to audiolab: where its files come from, how it becomes data dirs, how its mini twin is made."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiolab.corpora.preparation import Preparation
from audiolab.errors import AudiolabError, did_you_mean

CORPORA = {
    "arctic": "audiolab.corpora.arctic",
    "ccmixter": "audiolab.corpora.ccmixter",
    "cmltts": "audiolab.corpora.cmltts",
    "damp": "audiolab.corpora.damp",
    "dns": "audiolab.corpora.dns",
    "librispeech": "audiolab.corpora.librispeech",
    "ljspeech": "audiolab.corpora.ljspeech",
    "mailabs": "audiolab.corpora.mailabs",
    "mir1k": "audiolab.corpora.mir1k",
    "musdb18": "audiolab.corpora.musdb18",
    "speaker_folders": "audiolab.corpora.speaker_folders",
    "stems": "audiolab.corpora.stems",
    "ttsportuguese": "audiolab.corpora.ttsportuguese",
    "vcc2018": "audiolab.corpora.vcc2018",
    "vctk": "audiolab.corpora.vctk",
    "voxceleb": "audiolab.corpora.voxceleb",
    "wham": "audiolab.corpora.wham",
}
"""Corpus name -> the module whose ``CORPUS`` describes it; a further corpus is a module and a line here."""


@dataclass(frozen=True)
class RemoteFile:
    """A file that a corpus's publisher serves.

    Attributes:
        url: Its http(s) address.
        name: Its name on disk; a path, with ``/``, where it belongs into folders.
        sha256: Hexadecimal, None where the publisher states none.
        md5: The same; checked as well where both are stated.
        size: Bytes, None where not stated.
    """

    url: str
    name: str
    sha256: str | None = None
    md5: str | None = None
    size: int | None = None

    @property
    def folder(self) -> str:
        """The name of the folder into which an archive is unpacked: its own without the ending.

        >>> RemoteFile("https://example.org/datasets.noise.tar.bz2", "datasets.noise.tar.bz2").folder
        'datasets.noise'
        """
        return re.sub(r"\.(zip|tgz|tar(\.[a-z0-9]+)?)$", "", self.name)


@dataclass(frozen=True)
class FileList:
    """A served file that says which further files there are, which are served one by one.

    Attributes:
        file: The list.
        read: ``(path of the list) -> the files it lists``; each lands at its name below the corpus's folder.
    """

    file: RemoteFile
    read: Callable[[Path], list[RemoteFile]]


@dataclass(frozen=True)
class Corpus:
    """One corpus.

    Attributes:
        name: As in ``--corpus`` and in ``egs/<name>``.
        license: The recordings' license, as its publisher names it.
        homepage: Where a person reads about it.
        files: Archives; each is unpacked into a folder of its own below ``<dest>/<name>``.
        preparation: Dataclass of `audiolab.config.option` fields, a `Preparation`: what is taken of the corpus.
        prepare: ``(db_root, dest, config, nj) -> data dirs written``; the corpus's folders become ``<dest>/<set>``.
            ``config`` is a ``preparation``, or None for its defaults.
        mini: Dataclass of `audiolab.config.option` fields: the sizes of its mini twin.
        make_mini: ``(dest, sizes, seed, nj) -> dest``, ``sizes`` being a ``mini``; writes a small synthetic corpus in
            the same folder layout, the same bytes for the same sizes and seed.
        lists: Lists of files that are served one by one.
        unneeded: Says which archives, by their names without the ending, a ``preparation`` does not need.
        how_to_get: What who wants it has to do, where no program may fetch it; empty where ``files`` are served.
    """

    name: str
    license: str
    homepage: str
    files: tuple[RemoteFile, ...]
    preparation: type[Preparation]
    prepare: Callable[..., list[Path]]
    mini: type
    make_mini: Callable[[Path, Any, int, int], Path]
    lists: tuple[FileList, ...] = ()
    unneeded: Callable[[Any], Collection[str]] = lambda config: ()
    how_to_get: str = ""

    def files_of(self, config: Preparation) -> tuple[RemoteFile, ...]:
        """Return the archives that a preparation needs."""
        left_out = set(self.unneeded(config))
        return tuple(file for file in self.files if file.folder not in left_out)


def get_corpus(name: str) -> Corpus:
    """Return the corpus called ``name``.

    Raises:
        AudiolabError: There is none; names the nearest.
    """
    if name not in CORPORA:
        raise AudiolabError(f"--corpus: unknown corpus '{name}'{did_you_mean(name, CORPORA)}")
    return importlib.import_module(CORPORA[name]).CORPUS
