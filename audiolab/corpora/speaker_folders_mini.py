"""Synthetic speakers in folders of their own: two as of public speeches, which are in no other mini corpus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiolab.config import option
from audiolab.corpora.mini import make_once
from audiolab.corpora.readers import RATE, choose, read_aloud
from audiolab.corpora.voices import make_voice
from audiolab.corpora.voxceleb_mini import in_the_wild
from audiolab.datadir.audiowrite import write_audio
from audiolab.text.sentences import sentences_in

_ENDINGS = ("wav", "flac", "mp3")
_FIRST = 60
"""Number of the first voice; the other mini corpora have lower ones by default."""


@dataclass(frozen=True)
class SpeakerFoldersMini:
    """How large the mini corpus is."""

    speakers: int = option(2, "1 to 20")
    utterances: int = option(11, "of each of them; 2 to 5 s each")

    def __post_init__(self) -> None:
        if not 1 <= self.speakers <= 20 or self.utterances < 1:
            raise ValueError("speakers must be 1 to 20, utterances 1 or more")


def make_mini(out: str | Path, sizes: SpeakerFoldersMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the speakers into the folder ``out``, unless they are there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of the choice of sentences and of all that is random about the speakers.
        nj: Changes nothing.

    Raises:
        AudiolabError: espeak-ng is missing; there are not enough texts; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        for number in range(sizes.speakers):
            name = f"target{number + 1}"
            rng = np.random.default_rng([seed, number, *b"folders"])
            voice = make_voice(name, "en-us", _FIRST + number, rng)
            spoken = read_aloud(voice, choose(sentences_in("en"), sizes.utterances, rng), seed)
            for place, wave in enumerate(in_the_wild(spoken, rng)):
                write_audio(folder / name / f"speech_{place + 1:02d}.{_ENDINGS[place % 3]}", wave, RATE)

    return make_once(out, "speaker_folders", sizes, seed, nj, write)
