"""The table by which users name recordings of their own for speech enhancement: what each line may say.

Tab-separated UTF-8 with a header, one line a recording, columns in any order; those that stay empty may be left out.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.prepared import Ids, Recording, clean_id
from audiolab.corpora.splits import SETS
from audiolab.datadir.names import id_problem
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.textfile import read_lines as read_lines_of

logger = logging.getLogger(__name__)

COLUMNS = ("use", "path", "speaker", "language", "part", "clean")

_NAMED = 10
"""Wrong lines, beside the first, of which it is said what is wrong."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")
"""As BCP 47 writes a language: ``de``, ``yue``, ``pt-BR``."""


@dataclass(frozen=True)
class Use:
    """What recordings are used for.

    Attributes:
        needs: Columns that must be filled, beside ``use`` and ``path``.
        may: Columns that may be.
        sets: Of `SETS`, those that must have a recording.
        optional: Whether a table may have no line of it.
    """

    needs: tuple[str, ...]
    may: tuple[str, ...]
    sets: tuple[str, ...]
    optional: bool = False


USES = {
    "speech_source": Use(("speaker",), ("language", "part"), ("train", "valid")),
    "noise_source": Use((), ("speaker", "part"), ("train", "valid")),
    "speech_target": Use(("speaker", "language"), ("part",), SETS),
    "noise_target": Use((), ("speaker", "part"), SETS),
    "speech_english": Use(("speaker", "language"), ("part",), SETS, optional=True),
    "pair": Use(("clean",), ("speaker", "language"), (), optional=True),
}


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes:
        use: A key of `USES`.
        recording: Its ``where`` is the table and the line.
        part: One of `SETS`, or empty.
        clean: Of a pair, the clean signal.
    """

    use: str
    recording: Recording
    part: str
    clean: Path | None

    @property
    def paths(self) -> list[Path]:
        """The line's files."""
        return [self.recording.path, *([self.clean] if self.clean else [])]

    @property
    def where(self) -> str:
        """Table and line, for messages."""
        return self.recording.where


def read_lines(table: str | Path) -> list[Line]:
    """Return the lines of a table, each of them checked by itself, and that no recording is listed twice for a use.

    Paths are relative to the table's folder. The id of a recording is its path as the table has it, without ending,
    behind its speaker and ``-``.

    Raises:
        AudiolabError: The table cannot be read, or a line is wrong; the message begins with file and line, and names
            the other lines that are wrong by themselves.
    """
    lines: list[Line] = []
    wrong: list[tuple[str, AudiolabError]] = []
    ids = {"speaker": Ids(), "noise": Ids()}
    for where, fields in _fields(Path(table)):
        try:
            lines.append(_line(Path(table), where, fields, ids))
        except AudiolabError as error:
            wrong.append((where, error))
    if wrong:
        (_, first_error), *others = wrong
        for _, error in others[:_NAMED]:
            logger.warning("%s", error)
        raise AudiolabError(f"{first_error}{_further([where for where, _ in others])}") from first_error
    if not lines:
        raise AudiolabError(f"{table}: no recording is listed; one a line, under the header {', '.join(COLUMNS)}")
    first: dict[tuple[str, str], Line] = {}
    for line in lines:  # the target model is trained on target and English together
        use = "speech_target" if line.use == "speech_english" else line.use
        earlier = first.setdefault((use, line.recording.utterance), line)
        if earlier is not line:
            raise AudiolabError(
                f"{line.recording.place()}: the same id, '{line.recording.utterance}', as {earlier.recording.place()}; "
                "remove one, or rename it"
            )
    return lines


def _further(places: Sequence[str]) -> str:
    """Return which other lines are wrong, the first ones by number."""
    if not places:
        return ""
    numbers = ", ".join(where.rpartition(":")[2] for where in places[:_NAMED])
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return f" (wrong too: {numbers}{more})"


def _fields(table: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (table and line, column -> what stands there, empty where nothing does) of each line that is not blank."""
    lines = read_lines_of(table, "this table")
    rows = [(f"{table}:{number}", [cell.strip() for cell in line.split("\t")]) for number, line in enumerate(lines, 1)]
    if not rows:
        raise AudiolabError(f"{table}: empty; its header is {', '.join(COLUMNS)}, by tabs")
    where, header = rows[0]
    _check_header(where, header)
    for where, cells in rows[1:]:
        if len(cells) > len(header):
            raise AudiolabError(f"{where}: {len(cells)} fields, but the header has {len(header)} columns")
        if any(cells):
            yield where, dict.fromkeys(COLUMNS, "") | dict(zip(header, cells))


def _check_header(where: str, header: list[str]) -> None:
    for number, name in enumerate(header):
        if name not in COLUMNS:
            raise AudiolabError(
                f"{where}: unknown column '{name}'{did_you_mean(name, COLUMNS)} (tabs are between them)"
            )
        if name in header[:number]:
            raise AudiolabError(f"{where}: column '{name}' is there twice")
    missing = [name for name in ("use", "path") if name not in header]
    if missing:
        raise AudiolabError(f"{where}: no column '{missing[0]}'; columns are {', '.join(COLUMNS)}")


def _line(table: Path, where: str, fields: Mapping[str, str], ids: Mapping[str, Ids]) -> Line:
    use, path = fields["use"], fields["path"]
    if use not in USES:
        raise AudiolabError(f"{where}: unknown use '{use}'{did_you_mean(use, USES)}")
    _check_filled(where, fields)
    if fields["part"] and fields["part"] not in SETS:
        raise AudiolabError(f"{where}: unknown part '{fields['part']}'; it is {', '.join(SETS)} or empty")
    language = fields["language"] or None
    if language and not _LANGUAGE.fullmatch(language):
        raise AudiolabError(f"{where}: '{language}' is no code of a language, such as de or pt-BR")
    name = clean_id(os.path.splitext(os.path.normpath(path))[0]).lstrip("._")
    speaker = ids[kind_of_owner(use)].of(fields["speaker"] or name, where)
    utterance = f"{speaker}-{name}" if fields["speaker"] else name
    recording = Recording(table.parent / path, speaker, utterance, language, where=where)
    if id_problem(f"{utterance}.wav"):
        raise AudiolabError(f"{where}: the id made of this path is too long for a file's name; name it from nearer by")
    return Line(use, recording, fields["part"], table.parent / fields["clean"] if fields["clean"] else None)


def kind_of_owner(use: str) -> str:
    """Return whether ``speaker`` names a speaker or a noise, which may have the same name."""
    return "noise" if use.startswith("noise") else "speaker"


def _check_filled(where: str, fields: Mapping[str, str]) -> None:
    """Raise where a line lacks what its use needs, or has what it cannot have."""
    use = fields["use"]
    needs = ("use", "path", *USES[use].needs)
    for name, value in fields.items():
        if name in needs and not value:
            raise AudiolabError(f"{where}: '{name}' is empty; a line of use '{use}' needs it")
        if value and name not in (*needs, *USES[use].may):
            raise AudiolabError(f"{where}: '{name}' is '{value}', but is for other uses than '{use}'; leave it empty")
