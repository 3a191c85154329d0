"""Songs of one's own whose voice and accompaniment are known: ``{train,valid,test}/<song>/{vocals,accompaniment}.wav``.

A folder's name is the song's id. ``mixture.wav`` may lie beside them; else the mixture is their sum, by reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.base import Corpus
from audiolab.corpora.preparation import Rate, Songs
from audiolab.corpora.prepared import Ids
from audiolab.corpora.song_dirs import SongRecording, prepare_songs
from audiolab.corpora.stems_mini import StemsMini, make_mini
from audiolab.corpora.walk import by_name, check_whole, recordings_below
from audiolab.data.stem_dir import SOURCES
from audiolab.datadir.entry import entry_of
from audiolab.errors import AudiolabError

SETS = ("train", "valid", "test")
"""Folders; a data dir's name ends as its folder's."""

_EXPECTED = "{train,valid,test}/<song>/{vocals,accompaniment}.wav (or .flac)"

HOW_TO_GET = f"the corpus stems is what you have yourself: put it into {_EXPECTED}, and name the folder by --db_root"


@dataclass(frozen=True)
class StemsPreparation(Rate, Songs):
    """What is taken of the songs."""

    corpus = "stems"


def prepare(db_root: str | Path, dest: str | Path, config: StemsPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make the song dirs ``<dest>/stems_{train,valid,test}`` of those folders that there are.

    Args:
        db_root: Where the folders train, valid and test lie.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all.
        nj: Processes that read headers.

    Returns:
        The song dirs, validated. A speaker is a song, for nothing tells who sings.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    root, ids, sets = Path(db_root), Ids(), {}
    for part in SETS:
        if (root / part).is_dir():
            sets[f"stems_{part}"] = [_recording(folder, names, ids) for folder, names in recordings_below(root / part)]
    if not any(sets.values()):
        raise AudiolabError(f"{root}: no song; expected {_EXPECTED}")
    for name, songs in sets.items():
        if not songs:
            raise AudiolabError(f"{root / name.removeprefix('stems_')}: no song; expected {_EXPECTED}")
    return prepare_songs(dest, sets, config or StemsPreparation(), nj)


def _recording(folder: Path, names: list[str], ids: Ids) -> SongRecording:
    paths = by_name(folder, names, ("mixture", *SOURCES))
    check_whole(folder, paths, SOURCES, f"expected {_EXPECTED}")
    song = ids.of(folder.name, str(folder))
    vocals, accompaniment = (paths[name] for name in SOURCES)
    mixture = entry_of(paths["mixture"]) if "mixture" in paths else entry_of(vocals, accompaniment)
    return SongRecording(song, song, song, mixture, entry_of(vocals), entry_of(accompaniment), folder)


CORPUS = Corpus(
    name="stems",
    license="that of your songs",
    homepage="docs/separation.md",
    files=(),
    preparation=StemsPreparation,
    prepare=prepare,
    mini=StemsMini,
    make_mini=make_mini,
    how_to_get=HOW_TO_GET,
)
