"""VoxCeleb1's folders: ``wav/<speaker>/<video>/<number>.wav``, speakers ``id10001`` to ``id11251``.

The archives of the two parts unpack to ``wav`` folders that are merged into one, or kept in folders such as ``dev`` and
``test``. Beside them lie ``vox1_meta.csv``, which tells speakers' genders, and ``iden_split.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from audiolab.corpora.walk import recordings_below, walk
from audiolab.errors import AudiolabError
from audiolab.textfile import read_lines

EXPECTED = "wav/id1XXXX/<video>/NNNNN.wav"

META, SPLIT = "vox1_meta.csv", "iden_split.txt"

_TEST = range(10270, 10310)
"""Numbers of the 40 speakers, all of the names with E, whom the corpus reserves for tests of verification."""

_PARTS = {"1": "train", "2": "valid", "3": "test"}


@dataclass(frozen=True)
class Take:
    """A recording of a speaker in a video."""

    speaker: str
    video: str
    path: Path

    @property
    def utterance(self) -> str:
        """Its id: ``id10001-1zcIwhmdeo4-00001``."""
        return f"{self.speaker}-{self.video}-{self.path.stem}"

    @property
    def listed(self) -> str:
        """As the corpus's lists name it."""
        return f"{self.speaker}/{self.video}/{self.path.stem}.wav"

    @property
    def for_verification_test(self) -> bool:
        """Whether its speaker is one of the 40 for tests."""
        return int(self.speaker[2:]) in _TEST


@dataclass
class Found:
    """What is below a folder: recordings, genders by speaker, and the list of the split for identification."""

    takes: list[Take] = field(default_factory=list)
    genders: dict[str, str] = field(default_factory=dict)
    split: Path | None = None


def find(root: Path) -> Found:
    """Return what there is of VoxCeleb1 below a folder; other folders than speakers' are left alone.

    Raises:
        AudiolabError: No recordings, one that is there twice or is not called as the corpus's are; a broken list.
    """
    found = Found()
    first: dict[str, Take] = {}
    for folder, names in recordings_below(root):
        if re.fullmatch(r"id1\d{4}", folder.parent.name):
            for take in (Take(folder.parent.name, folder.name, folder / name) for name in names):
                _check_called(take)
                earlier = first.setdefault(take.utterance, take)
                if earlier is not take:
                    raise AudiolabError(f"{take.path}: the same recording as {earlier.path}; keep one of them")
    found.takes = list(first.values())
    for folder, names in walk(root):
        if META in names:
            found.genders |= _genders(folder / META)
        if SPLIT in names:
            found.split = folder / SPLIT
    return found


def _check_called(take: Take) -> None:
    if not re.fullmatch(r"[\w-]+", take.video, re.ASCII) or not re.fullmatch(r"\d{5}", take.path.stem):
        raise AudiolabError(f"{take.path}: not {EXPECTED}; rename it or remove it")


def _genders(path: Path) -> dict[str, str]:
    """Return speaker -> ``f`` or ``m``."""
    header, *lines = read_lines(path) or [""]
    columns = header.split("\t")
    places = [columns.index(name) for name in ("VoxCeleb1 ID", "Gender") if name in columns]
    if len(places) < 2:
        raise AudiolabError(f"{path}:1: no columns 'VoxCeleb1 ID' and 'Gender', apart by tabs; get the file again")
    genders = {}
    for number, line in enumerate(lines, 2):
        cells = line.split("\t")
        if line.strip() and (len(cells) <= max(places) or cells[places[1]] not in ("f", "m")):
            raise AudiolabError(f"{path}:{number}: no gender, f or m; get the file again")
        if line.strip():
            genders[cells[places[0]]] = cells[places[1]]
    return genders


def read_split(path: Path, takes: Iterable[Take]) -> dict[str, list[Take]]:
    """Return ``train``, ``valid`` and ``test`` as the list for identification has it, which need not all be there.

    Raises:
        AudiolabError: A line is not a number from 1 to 3 and a recording, or does not tell of a recording.
    """
    parts = {}
    for number, line in enumerate(read_lines(path), 1):
        words = line.split()
        if len(words) != 2 or words[0] not in _PARTS:
            raise AudiolabError(f"{path}:{number}: '{line}' is not 1, 2 or 3 and a recording; get the file again")
        parts[words[1]] = _PARTS[words[0]]
    sets: dict[str, list[Take]] = {part: [] for part in _PARTS.values()}
    for take in takes:
        if take.listed not in parts:
            raise AudiolabError(f"{path}: does not tell of {take.listed}, which is {take.path}; get the file again")
        sets[parts[take.listed]].append(take)
    return sets
