"""VoxCeleb1 (Nagrani, Chung, Zisserman, Interspeech 2017): 1251 celebrities in interviews on the web, 16 kHz.

Noise, rooms, microphones and codecs are as the videos have them. The audio is not openly served.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audiolab.config import option
from audiolab.corpora.base import Corpus
from audiolab.corpora.preparation import Counts, Rate, Speakers
from audiolab.corpora.prepared import Recording, prepare_sets
from audiolab.corpora.voxceleb_layout import EXPECTED, SPLIT, Found, Take, find, read_split
from audiolab.corpora.voxceleb_mini import VoxCelebMini, make_mini
from audiolab.errors import AudiolabError

HOW_TO_GET = (
    "VoxCeleb1 cannot be downloaded by a program: ask for it at https://mm.kaist.ac.kr/datasets/voxceleb/, join and "
    f"unpack the archives so that DIR has {EXPECTED} in it, put vox1_meta.csv and {SPLIT} of "
    "https://www.robots.ox.ac.uk/~vgg/data/voxceleb/ beside, and name DIR by --db_root"
)


@dataclass(frozen=True)
class VoxCelebPreparation(Rate, Counts, Speakers):
    """What is taken of the corpus."""

    corpus = "voxceleb"

    split: Literal["verification", "identification"] = option(
        "verification",
        "verification: 40 speakers are the test set; identification: all speakers are in train, valid and test",
    )


def prepare(
    db_root: str | Path, dest: str | Path, config: VoxCelebPreparation | None = None, nj: int = 1
) -> list[Path]:
    """Make ``<dest>/voxceleb_train`` and ``voxceleb_test``, and of the split for identification ``voxceleb_valid``.

    Args:
        db_root: Where the folders of `voxceleb_layout` lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all.
        nj: Processes that read headers.

    Returns:
        The data dirs of the sets of which there is something, validated; without ``text``.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config, root = config or VoxCelebPreparation(), Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; {EXPECTED} is to lie in it. {HOW_TO_GET}")
    found = find(root)
    if not found.takes:
        raise AudiolabError(f"{root}: no recordings; {EXPECTED} is to lie in it. {HOW_TO_GET}")
    sets = {
        f"voxceleb_{part}": [
            Recording(take.path, take.speaker, take.utterance, gender=found.genders.get(take.speaker)) for take in takes
        ]
        for part, takes in _divide(root, found, config).items()
        if takes
    }
    return prepare_sets(dest, config.fewer(config.of_speakers(sets)), nj=nj, preparation=config)


def _divide(root: Path, found: Found, config: VoxCelebPreparation) -> dict[str, list[Take]]:
    if config.split == "identification":
        if found.split is None:
            raise AudiolabError(f"{root}: no {SPLIT}, which tells the split for identification; put it there")
        return read_split(found.split, found.takes)
    return {
        "train": [take for take in found.takes if not take.for_verification_test],
        "test": [take for take in found.takes if take.for_verification_test],
    }


CORPUS = Corpus(
    name="voxceleb",
    license="CC BY 4.0 (lists and annotations; the videos' own)",
    homepage="https://www.robots.ox.ac.uk/~vgg/data/voxceleb/",
    files=(),
    preparation=VoxCelebPreparation,
    prepare=prepare,
    mini=VoxCelebMini,
    make_mini=make_mini,
    how_to_get=HOW_TO_GET,
)
