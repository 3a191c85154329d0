"""VCTK's folders: which recording is of which speaker, sentence and microphone, in both of its versions.

0.92 has two microphones, ``wav48_silence_trimmed/<speaker>/<speaker>_<sentence>_mic{1,2}.flac``; 0.80 has one,
``wav48/<speaker>/<speaker>_<sentence>.wav``. Copies at other rates rename the folders around the speakers', so the
files' names tell the version. Texts are in ``txt/<speaker>/<speaker>_<sentence>.txt``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from audiolab.corpora.walk import AUDIO, check_name, walk
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.textfile import read_lines
from audiolab.waiting import told

EXPECTED = (
    "wav48_silence_trimmed/<speaker>/<speaker>_<sentence>_mic1.flac (0.92) or wav48/<speaker>/<speaker>_<sentence>.wav "
    "(0.80), and txt/<speaker>/<speaker>_<sentence>.txt"
)

_SPEAKER = re.compile(r"[ps]\d+")
_UNLISTED = {"p280": "f"}
"""Gender of whom the list of 0.80 leaves out; as in that of 0.92."""


@dataclass(frozen=True)
class Take:
    """A recording: ``microphone`` is ``mic1``, ``mic2`` or, in 0.80, empty."""

    speaker: str
    sentence: str
    microphone: str
    path: Path

    @property
    def utterance(self) -> str:
        """Its id, as the corpus has it: ``p225_001``."""
        return f"{self.speaker}_{self.sentence}"


@dataclass
class Found:
    """What is below a folder.

    Attributes:
        takes: All recordings, of one version.
        texts: Utterance -> file of its text.
        genders: Speaker -> ``f`` or ``m``, of those whom ``speaker-info.txt`` tells.
    """

    takes: list[Take] = field(default_factory=list)
    texts: dict[str, Path] = field(default_factory=dict)
    genders: dict[str, str] = field(default_factory=lambda: dict(_UNLISTED))


def find(db_root: str | Path) -> Found:
    """Return what there is of VCTK below a folder.

    Raises:
        AudiolabError: No such folder, no recordings, both versions, a recording that is there twice or is not called
            as VCTK's are, a list of speakers that is none.
    """
    root, found = Path(db_root), Found()
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {EXPECTED} lies")
    for folder, names in told(walk(root), f"folders of {root}"):
        if "speaker-info.txt" in names:
            found.genders |= _genders(folder / "speaker-info.txt")
        if _SPEAKER.fullmatch(folder.name):
            found.takes += _takes(folder, names)
            found.texts |= {Path(name).stem: folder / name for name in names if name.lower().endswith(".txt")}
    if not found.takes:
        raise AudiolabError(f"{root}: no recordings; expected {EXPECTED}")
    _check_one_version(found.takes)
    return found


def _takes(folder: Path, names: Sequence[str]) -> Iterator[Take]:
    for name in names:
        if name.lower().endswith(AUDIO):
            check_name(folder / name)
            parts = re.fullmatch(rf"{folder.name}_(\d+)(?:_(mic[12]))?", Path(name).stem)
            if parts is None:
                raise AudiolabError(
                    f"{folder / name}: not <speaker>_<sentence> with _mic1, _mic2 or nothing behind it, in the "
                    "speaker's folder; rename it or remove it"
                )
            yield Take(folder.name, parts[1], parts[2] or "", folder / name)


def _check_one_version(takes: Sequence[Take]) -> None:
    """Raise for recordings of both versions, or one of the same microphone that is there twice."""
    first: dict[tuple[str, str], Take] = {}
    for take in takes:
        earlier = first.setdefault((take.utterance, take.microphone), take)
        if earlier is not take:
            raise AudiolabError(f"{take.path}: the same recording as {earlier.path}; keep one of them")
    new = next((take for take in takes if take.microphone), None)
    old = next((take for take in takes if not take.microphone), None)
    if new and old:
        raise AudiolabError(
            f"{old.path}: named as in VCTK 0.80, but {new.path} as in 0.92; give one version's folder by --db_root"
        )


def of_microphone(takes: Sequence[Take], microphone: str) -> list[Take]:
    """Return the recordings of a microphone, ``mic1`` or ``mic2``; 0.80's count as those of ``mic1``.

    Raises:
        AudiolabError: There are none.
    """
    names = {take.microphone or "mic1" for take in takes}
    if microphone not in names:
        there = " ".join(sorted(names))
        raise AudiolabError(
            f"{takes[0].path}: there are no recordings of {microphone}, only of {there}"
            f"{'' if takes[0].microphone else ' (VCTK 0.80 has one microphone)'}{did_you_mean(microphone, names)}"
        )
    return [take for take in takes if (take.microphone or "mic1") == microphone]


def _genders(path: Path) -> dict[str, str]:
    """Return the genders of a list of speakers; 0.80's has their numbers without ``p``."""
    header, *lines = read_lines(path) or [""]
    if header.split()[:3] != ["ID", "AGE", "GENDER"]:
        raise AudiolabError(f"{path}:1: not a header that begins with ID AGE GENDER; get the corpus again")
    rows = [line.split() for line in lines if line.strip()]
    for number, row in enumerate(rows, 2):
        if len(row) < 3 or row[2][0].lower() not in "fm":
            raise AudiolabError(f"{path}:{number}: '{' '.join(row)}' does not begin with speaker, age and gender")
    return {f"p{row[0]}" if row[0].isdecimal() else row[0]: row[2][0].lower() for row in rows}
