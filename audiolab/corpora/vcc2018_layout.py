"""VCC2018's folders: which recording is of which set, speaker and sentence.

The corpus, its mini twin and users' own speakers have ``vcc2018_{training,evaluation,reference}/<speaker>/<sentence>``
with ``.wav`` or ``.flac``. Mirrors put a further folder around or inside these, move the targets' references into
``vcc2018_evaluation``, or leave the set folders out; all that is read too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from audiolab.corpora.walk import AUDIO, check_name, walk
from audiolab.errors import AudiolabError

SETS = {"training": "train", "evaluation": "eval", "reference": "ref"}
"""The end of a set folder's name -> the data dir made of it."""

EXPECTED = "vcc2018_{training,evaluation,reference}/<speaker>/<sentence>.wav or .flac"


def speaker_traits(speaker: str) -> tuple[str, str] | None:
    """Return (``S`` or ``T``, ``f`` or ``m``) of one of VCC2018's speakers, None for any other name.

    >>> speaker_traits("VCC2TM1")
    ('T', 'm')
    """
    found = re.fullmatch(r"VCC2([ST])([FM])\d+", speaker)
    return (found[1], found[2].lower()) if found else None


class Take(NamedTuple):
    """A sentence as a speaker reads it; ``set`` is ``train``, ``eval`` or ``ref``."""

    set: str
    speaker: str
    sentence: str
    path: Path

    @property
    def utterance(self) -> str:
        """Its id."""
        return f"{self.speaker}_{self.sentence}"

    @property
    def language(self) -> str | None:
        """English, where the speaker is VCC2018's; else it is not known."""
        return "en" if speaker_traits(self.speaker) else None

    @property
    def gender(self) -> str | None:
        """The speaker's, where he or she is VCC2018's."""
        return (speaker_traits(self.speaker) or ("", None))[1]


def find_takes(db_root: str | Path) -> list[Take]:
    """Return all recordings below ``db_root``, sorted.

    Raises:
        AudiolabError: No such folder; a set or a speaker without recordings; a recording given twice or without a
            speaker's folder.
    """
    root = Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {EXPECTED} lies")
    recordings: dict[tuple[str, str, str], Take] = {}
    for folder, names in walk(root):
        for recording in _recordings_in(folder, names, root):
            earlier = recordings.setdefault(recording[:3], recording)
            if earlier.path != recording.path:
                raise AudiolabError(f"{recording.path}: the same sentence as {earlier.path}; keep one of them")
    found = sorted(recordings.values())
    for name, set_name in SETS.items():
        if not any(recording.set == set_name for recording in found):
            raise AudiolabError(f"{root}: no {name} recordings; expected {EXPECTED}, found {_summary(found)}")
    _check_folders(root, found)
    return found


def _recordings_in(folder: Path, names: Sequence[str], root: Path) -> Iterator[Take]:
    audio = [name for name in names if name.lower().endswith(AUDIO)]
    if not audio:
        return
    set_name, speaker = _place(folder.relative_to(root).parts)
    if speaker is None:
        if set_name is not None:
            raise AudiolabError(f"{folder}: recordings lie outside a speaker's folder; expected {EXPECTED}")
        return
    role = (speaker_traits(speaker) or ("", ""))[0]
    for name in audio:
        check_name(folder / name)
        sentence = Path(name).stem.removeprefix(f"{speaker}_")
        if any(character.isspace() for character in speaker + sentence):
            raise AudiolabError(f"{folder / name}: a space in a speaker's or sentence's name; rename it")
        kind = set_name or ("eval" if sentence.startswith("3") else "train")
        yield Take("ref" if (kind, role) == ("eval", "T") else kind, speaker, sentence, folder / name)


def _place(parts: Sequence[str]) -> tuple[str | None, str | None]:
    """Return (set, speaker) that a folder's path, relative to the root, tells; None for what it does not tell."""
    for index in reversed(range(len(parts))):
        for name, set_name in SETS.items():
            if parts[index].lower().endswith(name):
                inside = parts[index + 1 :]
                return set_name, next((part for part in inside if speaker_traits(part)), inside[0] if inside else None)
    return None, next((part for part in parts if speaker_traits(part)), None)


def _check_folders(root: Path, found: Sequence[Take]) -> None:
    """Raise for a speaker's folder without a recording; one that holds texts is a folder of transcripts."""
    full = {folder for recording in found for folder in recording.path.parents}
    for folder, _ in walk(root):
        if folder in full or _place(folder.relative_to(root).parts)[1] != folder.name:
            continue
        if not any(name.lower().endswith(".txt") for _, names in walk(folder) for name in names):
            raise AudiolabError(f"{folder}: no .wav or .flac file in this speaker's folder; fill it or remove it")


def _summary(found: Sequence[Take]) -> str:
    counts: dict[tuple[str, str], int] = {}
    for recording in found:
        counts[recording[:2]] = counts.get(recording[:2], 0) + 1
    return ", ".join(f"{number} {kind} of {speaker}" for (kind, speaker), number in counts.items()) or "none"


def check_complete(found: Sequence[Take]) -> None:
    """Check that training and references are there for all that is to be converted.

    Raises:
        AudiolabError: A speaker without training sentences; a source or target that lacks an evaluation sentence of
            the others; one of VCC2018's own speakers that lacks a training sentence of those who read the same list.
    """
    sentences: dict[tuple[str, str], set[str]] = {}
    for recording in found:
        sentences.setdefault((recording.set, recording.speaker), set()).add(recording.sentence)
    untrained = {speaker for kind, speaker in sentences if kind != "train" and ("train", speaker) not in sentences}
    if untrained:
        names = ", ".join(sorted(untrained))
        raise AudiolabError(f"no training recordings of {names}; expected vcc2018_training/<speaker> for every speaker")
    wanted = {recording.sentence for recording in found if recording.set == "eval"}
    for (kind, speaker), own in sorted(sentences.items()):
        expected = _training_list(speaker, sentences) if kind == "train" else wanted
        missing = sorted(expected - own)
        if missing:
            names = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
            folder = next(name for name, short in SETS.items() if short == kind)
            raise AudiolabError(
                f"vcc2018_{folder}/{speaker}: sentences {names} are missing, {len(own)} of {len(own | expected)} found"
            )


def _training_list(speaker: str, sentences: Mapping[tuple[str, str], set[str]]) -> set[str]:
    """Return what a speaker is to have read; one of VCC2018's own: what any of them read of the list 10… or 20…."""
    own = sentences["train", speaker]
    if speaker_traits(speaker) is None:
        return own
    lists = {sentence[0] for sentence in own}
    read = (theirs for (kind, name), theirs in sentences.items() if kind == "train" and speaker_traits(name))
    return {sentence for theirs in read for sentence in theirs if sentence[0] in lists}
