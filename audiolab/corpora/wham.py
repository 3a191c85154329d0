"""The noises of WHAM! (Wichern et al., Interspeech 2019): restaurants, cafés, bars and parks in San Francisco.

``wham_noise/{tr,cv,tt}/<name>.wav``, 16 kHz, two microphones: a data dir names the first channel, of which WHAM!'s own
scripts make mixtures of one. The publisher's sets share no recording.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.preparation import Noises, Rate
from audiolab.corpora.prepared import Recording, clean_id, prepare_sets
from audiolab.corpora.walk import recordings_below
from audiolab.corpora.wham_mini import WhamMini, make_mini
from audiolab.errors import AudiolabError

SETS = {"tr": "train", "cv": "valid", "tt": "test"}
"""WHAM!'s name of a set -> the end of the data dir's name."""

_EXPECTED = "wham_noise/{tr,cv,tt}/<name>.wav"


@dataclass(frozen=True)
class WhamPreparation(Rate, Noises):
    """What is taken of the corpus."""

    corpus = "wham"


def prepare(db_root: str | Path, dest: str | Path, config: WhamPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make ``<dest>/noise_source_{train,valid,test}`` of tr, cv and tt.

    Args:
        db_root: Where the folders tr, cv and tt lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all.
        nj: Processes that read the recordings.

    Returns:
        The three data dirs, validated; each noise is a speaker of its own.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config = config or WhamPreparation()
    root = Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {_EXPECTED} lies")
    sets: dict[str, list[Recording]] = {f"noise_source_{name}": [] for name in SETS.values()}
    for folder, names in recordings_below(root):
        if folder.name in SETS:
            ids = {name: clean_id(Path(name).stem) for name in names}
            sets[f"noise_source_{SETS[folder.name]}"] += [
                Recording(folder / n, i, i, channel=0) for n, i in ids.items()
            ]
    for part, (name, recordings) in zip(SETS, sets.items()):
        if not recordings:
            raise AudiolabError(f"{root}: no recordings in a folder {part} for {name}; expected {_EXPECTED}")
    return prepare_sets(dest, config.fewer_noises(sets), nj=nj, preparation=config)


CORPUS = Corpus(
    name="wham",
    license="CC BY-NC 4.0",
    homepage="http://wham.whisper.ai",
    files=(  # the publisher states neither checksum nor exact size
        RemoteFile(
            "https://my-bucket-a8b4b49c25c811ee9a7e8bba05fa24c7.s3.amazonaws.com/wham_noise.zip", "wham_noise.zip"
        ),
    ),
    preparation=WhamPreparation,
    prepare=prepare,
    mini=WhamMini,
    make_mini=make_mini,
)
