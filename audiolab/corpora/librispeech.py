"""LibriSpeech (Panayotov et al., ICASSP 2015, openslr.org/12): English read speech from LibriVox, 16 kHz, FLAC.

``LibriSpeech/<subset>/<speaker>/<chapter>/<speaker>-<chapter>-<number>.flac``, the texts of a chapter in
``<speaker>-<chapter>.trans.txt`` beside them, speakers' genders in ``LibriSpeech/SPEAKERS.TXT``. The subsets share no
speaker. Here train-clean-360 (or other training subsets), dev-clean and test-clean are taken: the source domain of
speech enhancement.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from audiolab.config import option
from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.librispeech_mini import LibriSpeechMini, make_mini
from audiolab.corpora.preparation import Counts, Rate, Speakers
from audiolab.corpora.prepared import Recording, prepare_sets
from audiolab.corpora.walk import recordings_below, walk
from audiolab.errors import AudiolabError
from audiolab.textfile import read_lines

ADDRESS = "https://www.openslr.org/resources/12"

Train = Literal["train-clean-100", "train-clean-360", "train-other-500"]
"""What one may train on; together the "960 hours"."""


@dataclass(frozen=True)
class LibriSpeechPreparation(Rate, Counts, Speakers):
    """What is taken of the corpus."""

    corpus = "librispeech"

    subsets: list[Train] = option(lambda: ["train-clean-360"], "what to train on; each once")

    def __post_init__(self) -> None:
        """Raise `ValueError` for no subset, or one that is named twice."""
        super().__post_init__()
        if not self.subsets or len(set(self.subsets)) < len(self.subsets):
            raise ValueError(f"subsets are one or more, each named once, not {' '.join(self.subsets) or 'none'}")


def unneeded(config: LibriSpeechPreparation) -> set[str]:
    """Return the archives, without ending, of the subsets that are not chosen."""
    return set(get_args(Train)) - set(config.subsets)


def prepare(
    db_root: str | Path, dest: str | Path, config: LibriSpeechPreparation | None = None, nj: int = 1
) -> list[Path]:
    """Make ``<dest>/speech_source_{train,valid,test}`` of the training subsets, dev-clean and test-clean.

    Args:
        db_root: Where the subsets' folders lie, at any depth; other subsets are left alone.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: what is taken by default.
        nj: Processes that read the recordings.

    Returns:
        The three data dirs, validated.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config = config or LibriSpeechPreparation()
    root = Path(db_root)
    ends = dict.fromkeys(config.subsets, "train") | {"dev-clean": "valid", "test-clean": "test"}
    expected = f"LibriSpeech/{{{','.join(ends)}}}/<speaker>/<chapter>/<speaker>-<chapter>-<number>.flac"
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {expected} lies")
    genders = _genders(root)
    found: dict[str, list[Recording]] = {subset: [] for subset in ends}
    for folder, names in recordings_below(root):
        subset = next((part for part in folder.relative_to(root.parent).parts if part in ends), None)
        if subset is not None:
            texts = _texts(folder)
            found[subset] += [_recording(folder / name, texts, genders) for name in names]
    sets: dict[str, list[Recording]] = {}
    for subset, end in ends.items():
        if not found[subset]:
            raise AudiolabError(f"{root}: no recordings of {subset} for speech_source_{end}; expected {expected}")
        sets.setdefault(f"speech_source_{end}", []).extend(found[subset])
    return prepare_sets(dest, config.fewer(config.of_speakers(sets)), nj=nj, preparation=config)


def _recording(path: Path, texts: dict[str, str], genders: dict[str, str]) -> Recording:
    found = re.fullmatch(r"(\d+)-(\d+)-\d+", path.stem)
    if found is None or path.parent.parts[-2:] != found.groups():
        raise AudiolabError(f"{path}: not <speaker>/<chapter>/<speaker>-<chapter>-<number>; put it there or remove it")
    speaker = found[1]
    return Recording(path, speaker, path.stem, "en", texts.get(path.stem), genders.get(speaker))


def _texts(folder: Path) -> dict[str, str]:
    """Return the texts of a chapter's utterances."""
    lines = [line for path in sorted(folder.glob("[!.]*.trans.txt")) for line in read_lines(path)]
    return {utterance: text for utterance, _, text in (line.partition(" ") for line in lines) if text}


def _genders(root: Path) -> dict[str, str]:
    """Return each speaker's gender, ``f`` or ``m``, from SPEAKERS.TXT, wherever one lies."""
    genders: dict[str, str] = {}
    for folder, names in walk(root):
        if "SPEAKERS.TXT" in names:
            rows = [line.split("|") for line in read_lines(folder / "SPEAKERS.TXT") if line[:1] != ";"]
            genders |= {row[0].strip(): row[1].strip().lower() for row in rows if len(row) > 2}
    return genders


CORPUS = Corpus(
    name="librispeech",
    license="CC BY 4.0",
    homepage="https://www.openslr.org/12",
    files=tuple(  # sums of the publisher's md5sum.txt
        RemoteFile(f"{ADDRESS}/{name}.tar.gz", f"{name}.tar.gz", md5=md5)
        for name, md5 in (
            ("train-clean-100", "2a93770f6d5c6c964bc36631d331a522"),
            ("train-clean-360", "c0e676e450a7ff2f54aeade5171606fa"),
            ("train-other-500", "d1a0fd59409feb2c614ce4d30c387708"),
            ("dev-clean", "42e2234ba48799c1f50f24a7926300a1"),
            ("test-clean", "32fa31d27d2e1cad72775fee3f4849a9"),
        )
    ),
    preparation=LibriSpeechPreparation,
    prepare=prepare,
    mini=LibriSpeechMini,
    make_mini=make_mini,
    unneeded=unneeded,
)
