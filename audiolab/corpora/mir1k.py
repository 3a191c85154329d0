"""MIR-1K (Hsu & Jang, IEEE TASLP 2010): 1000 clips of Chinese pop songs by 19 amateurs to karaoke, 16 kHz.

``MIR-1K/Wavfile/<singer>_<song>_<clip>.wav`` with the accompaniment left and the voice right: the mixture is the sum of
both channels, by reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audiolab.config import option
from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.mir1k_mini import Mir1kMini, make_mini
from audiolab.corpora.preparation import Songs, Speakers
from audiolab.corpora.prepared import Ids
from audiolab.corpora.song_dirs import SongRecording, prepare_songs
from audiolab.corpora.walk import recordings_below
from audiolab.datadir.entry import Summand, sum_of
from audiolab.datadir.source import Source
from audiolab.errors import AudiolabError

FOLDER = "Wavfile"
"""The folder of the clips; others have the same songs undivided, and lyrics that are spoken."""

ACCOMPANIMENT, VOICE = 0, 1
"""The channels."""

TRAINED_ON = ("abjones", "amy")
"""The singers, by the ids that utt2spk has, that papers on separation train on; they test on all others."""

_EXPECTED = "MIR-1K/Wavfile/<singer>_<song>_<clip>.wav"
_NAME = re.compile(r"(?P<singer>.+)_(?P<song>[0-9]+)_(?P<clip>[0-9]+)")


@dataclass(frozen=True)
class Mir1kPreparation(Speakers, Songs):
    """What is taken of the corpus."""

    corpus = "mir1k"

    split: Literal["none", "papers"] = option(
        "none", "none: all clips are for training; papers: those of abjones and amy, and all others are a test set"
    )


def prepare(db_root: str | Path, dest: str | Path, config: Mir1kPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make the song dir ``<dest>/mir1k_train``, and ``mir1k_test`` where it is split as in papers.

    Args:
        db_root: Where the folder Wavfile lies, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all.
        nj: Processes that read headers.

    Returns:
        The song dirs, validated. A speaker is a singer, a song what a singer has under one number.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config = config or Mir1kPreparation()
    root = Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {_EXPECTED} lies")
    ids = Ids()
    clips = [
        _recording(folder / name, ids)
        for folder, names in recordings_below(root)
        if folder.name == FOLDER
        for name in names
    ]
    if not clips:
        raise AudiolabError(f"{root}: no clip; expected {_EXPECTED}")
    sets = {"mir1k_train": clips}
    if config.split == "papers":
        sets = {
            "mir1k_train": [clip for clip in clips if clip.speaker in TRAINED_ON],
            "mir1k_test": [clip for clip in clips if clip.speaker not in TRAINED_ON],
        }
    for name, of_set in sets.items():
        if not of_set:
            raise AudiolabError(
                f"{root}: no clip for {name}; papers train on {' and '.join(TRAINED_ON)} (--split none)"
            )
    return prepare_songs(dest, config.of_speakers(sets), config, nj, channels=1)


def _recording(path: Path, ids: Ids) -> SongRecording:
    named = _NAME.fullmatch(path.stem)
    if not named:
        raise AudiolabError(f"{path}: is not called as a clip is, <singer>_<song>_<clip>.wav; take it out of {FOLDER}")
    singer = ids.of(named["singer"], str(path))
    accompaniment, voice = (Summand(Source(str(path)), channel) for channel in (ACCOMPANIMENT, VOICE))
    return SongRecording(
        utterance=f"{singer}-{named['song']}_{named['clip']}",
        speaker=singer,
        song=f"{singer}_{named['song']}",
        mixture=sum_of(accompaniment, voice),
        vocals=sum_of(voice),
        accompaniment=sum_of(accompaniment),
        where=path,
        language="cmn",
    )


CORPUS = Corpus(
    name="mir1k",
    license="for research only",
    homepage="https://sites.google.com/site/unvoicedsoundseparation/mir-1k",
    files=(  # the publisher states neither checksum nor size
        RemoteFile("http://mirlab.org/dataset/public/MIR-1K.zip", "MIR-1K.zip"),
    ),
    preparation=Mir1kPreparation,
    prepare=prepare,
    mini=Mir1kMini,
    make_mini=make_mini,
)
