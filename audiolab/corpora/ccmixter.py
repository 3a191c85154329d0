"""The ccMixter corpus of KAM (Liutkus et al., IEEE TSP 2014): 50 songs in voice and accompaniment, 44.1 kHz stereo.

``<song>/{mix,source-01,source-02}.wav``: all together, the accompaniment, the voice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.ccmixter_mini import CcmixterMini, make_mini
from audiolab.corpora.preparation import Rate, Songs
from audiolab.corpora.prepared import Ids
from audiolab.corpora.song_dirs import SongRecording, prepare_songs
from audiolab.corpora.walk import by_name, check_whole, recordings_below
from audiolab.datadir.entry import entry_of
from audiolab.errors import AudiolabError

FILES = ("mix", "source-02", "source-01")
"""Of the mixture, the voice, the accompaniment."""

_EXPECTED = "<song>/{mix,source-01,source-02}.wav"

_SLACK_SECONDS = 0.1
"""By so much the files of a song may differ in length."""


@dataclass(frozen=True)
class CcmixterPreparation(Rate, Songs):
    """What is taken of the corpus."""

    corpus = "ccmixter"


def prepare(
    db_root: str | Path, dest: str | Path, config: CcmixterPreparation | None = None, nj: int = 1
) -> list[Path]:
    """Make the song dir ``<dest>/ccmixter_train``.

    Args:
        db_root: Where the songs' folders lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all.
        nj: Processes that read headers.

    Returns:
        The song dir, validated. A speaker is what a folder's name has before ``_-_``, or all of it.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config = config or CcmixterPreparation()
    root = Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {_EXPECTED} lies")
    ids, songs = Ids(), []
    for folder, names in recordings_below(root):
        paths = by_name(folder, names, FILES)
        if paths:
            songs.append(_recording(folder, paths, ids))
    if not songs:
        raise AudiolabError(f"{root}: no song; expected {_EXPECTED}")
    return prepare_songs(dest, {"ccmixter_train": songs}, config, nj, slack_seconds=_SLACK_SECONDS)


def _recording(folder: Path, paths: dict[str, Path], ids: Ids) -> SongRecording:
    check_whole(folder, paths, FILES, f"expected {_EXPECTED}")
    artist, _, title = folder.name.partition("_-_")
    speaker = ids.of(artist, str(folder))
    utterance = f"{speaker}-{ids.of(title, str(folder))}" if title else speaker
    mixture, vocals, accompaniment = (entry_of(paths[name]) for name in FILES)
    return SongRecording(utterance, speaker, utterance, mixture, vocals, accompaniment, folder)


CORPUS = Corpus(
    name="ccmixter",
    license="Creative Commons, of each song its own, see the list in the archive",
    homepage="https://members.loria.fr/ALiutkus/kam/",
    files=(  # the author states no checksum; the download is held against the one that others have seen
        RemoteFile(
            "http://liutkus.net/ccmixter_corpus.zip", "ccmixter_corpus.zip", md5="231eea133f59f6a7a5ef4c47a8205256"
        ),
    ),
    preparation=CcmixterPreparation,
    prepare=prepare,
    mini=CcmixterMini,
    make_mini=make_mini,
)
