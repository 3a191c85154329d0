"""Lists of lines and ids, as Kaldi's small filters take them: from a file or from standard input, in any order."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from audiolab import textfile
from audiolab.datadir.split import split_by_speaker, split_evenly
from audiolab.datadir.table import split_lines
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write


def read_bytes(path: str | Path) -> bytes:
    """Return a file's contents; ``-`` is standard input."""
    return sys.stdin.buffer.read() if str(path) == "-" else textfile.read_bytes(path)


def read_lines(path: str | Path) -> list[str]:
    """Return a file's lines without their ends; ``-`` is standard input."""
    return [line for _, line in split_lines(read_bytes(path), path)]


def write_lines(path: str | Path, lines: Sequence[str]) -> None:
    """Write lines, atomically."""
    with atomic_write(path) as file:
        file.writelines(f"{line}\n" for line in lines)


def read_ids(path: str | Path) -> list[str]:
    """Return the first field of each line that is not empty."""
    return [line.split(maxsplit=1)[0] for line in read_lines(path) if line.strip()]


def filter_lines(
    lines: Sequence[str], ids: Collection[str], field: int = 1, exclude: bool = False, where: str = ""
) -> list[str]:
    """Return the lines whose ``field``-th field (from 1) is among ``ids``, or with ``exclude`` is not.

    Raises:
        AudiolabError: A line has fewer fields; ``where`` names the file in the message.
    """
    if field < 1:
        raise AudiolabError(f"fields count from 1, not {field}")
    ids, kept = set(ids), []
    for number, line in enumerate(lines, 1):
        fields = line.split(maxsplit=field)
        if len(fields) < field:
            raise AudiolabError(f"{where}:{number}: {len(fields)} fields; the id is to be field {field}")
        if (fields[field - 1] in ids) != exclude:
            kept.append(line)
    return kept


def split_line_list(lines: Sequence[str], jobs: int, utt2spk: Mapping[str, str] | None = None) -> list[list[str]]:
    """Split lines into parts of nearly equal size; with ``utt2spk``, by the lines' first fields, between speakers.

    Raises:
        AudiolabError: More jobs than lines (speakers), or a line whose id has no speaker.
    """
    if utt2spk is None:
        return split_evenly(lines, jobs)
    by_id: dict[str, list[str]] = {}
    for line in lines:
        if not line.strip():
            raise AudiolabError("an empty line cannot be split by speaker")
        by_id.setdefault(line.split(maxsplit=1)[0], []).append(line)
    return [[line for key in part for line in by_id[key]] for part in split_by_speaker(list(by_id), utt2spk, jobs)]
