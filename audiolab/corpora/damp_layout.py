"""DAMP-VSEP's folders: ``<group>/<COUNTRY>/<language>/<performance>/{vocal.ogg,background.m4a,mix.m4a}``.

A performance is called ``<account>_<number>``, and what is of one account is of one singer. Tracks may have other
endings, as where they were decoded already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.prepared import clean_id
from audiolab.corpora.walk import by_name, check_name, walk
from audiolab.errors import AudiolabError
from audiolab.textfile import read_records
from audiolab.waiting import told

TRACKS = ("vocal", "background", "mix")
"""What was sung, what was sung to, and what the app made of both."""

ENDINGS = (".ogg", ".m4a", ".wav", ".flac")
"""Of tracks, in lower case."""

EXPECTED = "<group>/<COUNTRY>/<language>/<performance>/{vocal.ogg,background.m4a,mix.m4a}"


@dataclass(frozen=True)
class Performance:
    """A folder of tracks.

    Attributes:
        name: As the corpus has it.
        folder: Where it lies.
        language: As its folder has it.
        tracks: Those of `TRACKS` that are there -> their files.
    """

    name: str
    folder: Path
    language: str
    tracks: Mapping[str, Path]

    @property
    def speaker(self) -> str:
        """The id of the singer."""
        return clean_id(self.name.partition("_")[0])

    @property
    def utterance(self) -> str:
        """The id of the performance."""
        _, _, number = self.name.partition("_")
        return f"{self.speaker}-{clean_id(number)}" if number else self.speaker


def find_performances(root: str | Path) -> list[Performance]:
    """Return all performances below a folder, in order of their names.

    Raises:
        AudiolabError: There is none; two have one name; a track is there in two files.
    """
    found: dict[str, Performance] = {}
    for folder, names in told(walk(Path(root)), f"folders of {root}"):
        tracks = by_name(folder, [name for name in names if name.lower().endswith(ENDINGS)], TRACKS)
        if tracks:
            for path in tracks.values():
                check_name(path)
            one = Performance(folder.name, folder, folder.parent.name, tracks)
            if found.setdefault(one.name, one) is not one:
                raise AudiolabError(
                    f"{folder}: the same performance as {found[one.name].folder}; take one of them away"
                )
    if not found:
        raise AudiolabError(f"{root}: no performance; expected {EXPECTED}")
    return [found[name] for name in sorted(found)]


def listed(performances: Sequence[Performance], table: str | Path) -> list[Performance]:
    """Return those that a CSV lists in its column ``perf_key``, as the lists of DAMP-VSEP-Singles do.

    Raises:
        AudiolabError: The file has no such column or no line, or lists a performance that is not there.
    """
    by_name = {one.name: one for one in performances}
    records = read_records(table, ["perf_key"], what="this list of performances", others=True)
    if not records:
        raise AudiolabError(f"{table}: lists no performance")
    lacking = [(where, record["perf_key"]) for where, record in records if record["perf_key"] not in by_name]
    if lacking:
        where, name = lacking[0]
        raise AudiolabError(f"{where}: no performance '{name}' is there ({len(lacking)} of {len(records)} are not)")
    wanted = {record["perf_key"] for _, record in records}
    return [one for one in performances if one.name in wanted]
