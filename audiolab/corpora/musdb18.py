"""MUSDB18 (Rafii et al., 2017, sigsep.github.io/datasets/musdb.html): 150 songs in four stems, 44.1 kHz, stereo.

MUSDB18-HQ has them as WAV files, MUSDB18 as streams of AAC that end at 16 kHz (`musdb18_layout`). The accompaniment is
the sum of drums, bass and other, for in MUSDB18 the mixture was encoded by itself. Of the 100 songs of ``train`` 14 are
for validation, the same ones as in the package musdb.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from audiolab.config import option
from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.musdb18_layout import VALIDATION, Found, find_songs
from audiolab.corpora.musdb18_mini import Musdb18Mini, make_mini
from audiolab.corpora.musdb18_streams import decoded
from audiolab.corpora.preparation import Rate, Songs
from audiolab.corpora.prepared import Ids
from audiolab.corpora.song_dirs import SongRecording, prepare_songs
from audiolab.datadir.entry import entry_of
from audiolab.errors import AudiolabError

DECODED = "musdb18_decoded"
"""Folder beside the data dirs into which ``.stem.mp4`` files are decoded."""

_ZENODO = "https://zenodo.org/records"

_CHANNELS = 2

_ARCHIVES = {"hq": "musdb18hq", "aac": "musdb18"}
"""Version -> the archive, without its ending."""


@dataclass(frozen=True)
class Musdb18Preparation(Rate, Songs):
    """What is taken of the corpus."""

    corpus = "musdb18"

    version: Literal["hq", "aac"] = option("hq", "what download fetches: MUSDB18-HQ (22.7 GB) or MUSDB18 (4.7 GB)")

    @property
    def made_with(self) -> dict[str, Any]:
        """What a data dir keeps about its preparation, for which it does not matter what was fetched."""
        return {name: value for name, value in super().made_with.items() if name != "version"}


def unneeded(config: Musdb18Preparation) -> set[str]:
    """Return the archive, without ending, of the other version."""
    return set(_ARCHIVES.values()) - {_ARCHIVES[config.version]}


def prepare(db_root: str | Path, dest: str | Path, config: Musdb18Preparation | None = None, nj: int = 1) -> list[Path]:
    """Make the song dirs ``<dest>/musdb18_{train,valid,test}``.

    Args:
        db_root: Where the folders ``train`` and ``test`` lie, at any depth, in either layout.
        dest: The recipe's ``data`` folder; ``.stem.mp4`` files are decoded into ``<dest>/musdb18_decoded``.
        config: What is taken; None: all.
        nj: Processes that decode and read headers.

    Returns:
        The three song dirs, validated; a speaker is an artist.

    Raises:
        AudiolabError: What is missing or broken, found before a data dir is written.
    """
    config = config or Musdb18Preparation()
    sets: dict[str, list[Found]] = {f"musdb18_{name}": [] for name in ("train", "valid", "test")}
    for song in find_songs(db_root):
        held_out = song.part == "train" and song.name in VALIDATION
        sets[f"musdb18_{'valid' if held_out else song.part}"].append(song)
    if not sets["musdb18_train"] or not sets["musdb18_valid"]:
        lacks = "no song but those for validation" if sets["musdb18_valid"] else "none of the 14 songs for validation"
        raise AudiolabError(f"{db_root}: {lacks} in train (`{VALIDATION[1]}` is one of them); get the corpus again")
    logging.info("%d of the %d songs for validation are there", len(sets["musdb18_valid"]), len(VALIDATION))
    taken = config.fewer_songs(sets)
    found = decoded([song for songs in taken.values() for song in songs], Path(dest) / DECODED, nj)
    ids, by_name = Ids(), {(song.part, song.name): song for song in found}
    recordings = {
        name: [_recording(by_name[song.part, song.name], ids) for song in songs] for name, songs in taken.items()
    }
    return prepare_songs(dest, recordings, config, nj, _CHANNELS)


def _recording(song: Found, ids: Ids) -> SongRecording:
    """Return a song whose stems are files."""
    ids.of(song.artist_and_title[0], str(song.path))
    stems = {name: str(path) for name, path in (song.stems or {}).items()}
    return SongRecording(
        song.utterance,
        song.speaker,
        song.utterance,
        entry_of(stems["mixture"]),
        entry_of(stems["vocals"]),
        entry_of(stems["drums"], stems["bass"], stems["other"]),
        song.path,
    )


CORPUS = Corpus(
    name="musdb18",
    license="for education and research only; of each song's own, see the publisher's list (part CC BY-NC-SA)",
    homepage="https://sigsep.github.io/datasets/musdb.html",
    files=(  # sums and sizes as Zenodo states them
        RemoteFile(
            f"{_ZENODO}/3338373/files/musdb18hq.zip",
            "musdb18hq.zip",
            md5="12d4f2ecd55245a4688754dd76363103",
            size=22656664047,
        ),
        RemoteFile(
            f"{_ZENODO}/1117372/files/musdb18.zip",
            "musdb18.zip",
            md5="af06762477334799bfc5abf237648207",
            size=4684228845,
        ),
    ),
    preparation=Musdb18Preparation,
    prepare=prepare,
    mini=Musdb18Mini,
    make_mini=make_mini,
    unneeded=unneeded,
)
