"""Data dirs for speech enhancement of users' own recordings, which a table lists (`audiolab.corpora.own_table`)."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from audiolab.corpora.own_table import USES, Line, kind_of_owner, read_lines
from audiolab.corpora.prepared import Recording, prepare_sets
from audiolab.corpora.readers import RATE
from audiolab.corpora.splits import SETS, set_of
from audiolab.datadir.apart import check_files_apart
from audiolab.datadir.audiofile import audio_info
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.fingerprint import STAMPS, stamps_of
from audiolab.datadir.stamp import withdraw
from audiolab.errors import AudiolabError

PAIRS = "pairs"
"""Name of the data dir of recorded pairs."""

NAMES = (*(f"{use}_{part}" for use in USES if use != "pair" for part in SETS), PAIRS)
"""Of all data dirs that a table may fill."""


def prepare(table: str | Path, dest: str | Path, nj: int = 1) -> list[Path]:
    """Make ``<use>_{train,valid,test}`` of each use in the table, as far as there are recordings, and ``pairs``.

    A speaker, or what ``speaker`` groups noises by, has one part: the one that a line of it names, with a recorded pair
    ``test``, else by `audiolab.corpora.splits`. Dirs of an earlier table that this one does not fill are emptied.

    Args:
        table: The table.
        dest: The recipe's ``data`` folder.
        nj: Processes that read the recordings.

    Returns:
        The data dirs, validated; ``pairs`` has ``wav.scp`` and ``spk1.scp``.

    Raises:
        AudiolabError: Something is wrong with the table or a recording, a speaker has two parts, a set that is needed
            is empty; found before anything is written.
    """
    lines = read_lines(table)
    sets = _sets(table, lines, _parts(lines))
    for name in NAMES:  # which are written, or emptied
        check_files_apart((table, *(path for line in lines for path in line.paths)), Path(dest) / name)
    pairs = [line for line in lines if line.use == "pair"]
    _check_rates(pairs)
    clean = {line.recording.utterance: line.clean for line in pairs if line.clean is not None}
    paths = prepare_sets(dest, sets, {PAIRS: {"spk1.scp": clean}}, nj)
    for name in NAMES:
        if name not in sets and (Path(dest) / name).is_dir():
            _empty(Path(dest) / name)
    return paths


def _parts(lines: Sequence[Line]) -> dict[tuple[str, str], str]:
    """Return (kind, speaker) -> part, of those that the table tells it of.

    Raises:
        AudiolabError: Two lines tell different ones.
    """
    told: dict[tuple[str, str], tuple[str, Line]] = {}
    for line in lines:
        part = "test" if line.use == "pair" else line.part
        if part:
            owner = (kind_of_owner(line.use), line.recording.speaker)
            earlier, first = told.setdefault(owner, (part, line))
            if earlier != part:
                raise AudiolabError(
                    f"{line.where}: {owner[0]} '{owner[1]}' is for {part} here, for {earlier} in {first.where} "
                    f"({first.use}); all of one {owner[0]} is for the same, and a pair is for test"
                )
    return {owner: part for owner, (part, _) in told.items()}


def _sets(table: str | Path, lines: Sequence[Line], parts: Mapping[tuple[str, str], str]) -> dict[str, list[Recording]]:
    """Return name of the data dir -> recordings, of those that have some.

    Raises:
        AudiolabError: A file has two parts, of a speaker each; a data dir that is needed has none.
    """
    found: dict[str, list[Recording]] = {}
    first: dict[Path, tuple[str, Line]] = {}
    for line in lines:
        speaker = line.recording.speaker
        part = parts.get((kind_of_owner(line.use), speaker)) or set_of(speaker)
        for path in line.paths:
            earlier, other = first.setdefault(path.resolve(), (part, line))
            if earlier != part:
                raise AudiolabError(
                    f"{line.where}: {path} is for {part} here, for {earlier} in {other.where} ({other.use}); a "
                    "recording is for one: give it the same speaker and part wherever it is"
                )
        found.setdefault(PAIRS if line.use == "pair" else f"{line.use}_{part}", []).append(line.recording)
    by_use = {use: {part: found[f"{use}_{part}"] for part in SETS if f"{use}_{part}" in found} for use in USES}
    _check_uses(table, by_use)
    for use, by_part in by_use.items():
        _tell_languages(table, use, by_part)
    return {name: found[name] for name in NAMES if name in found}


def _check_uses(table: str | Path, by_use: Mapping[str, Mapping[str, Sequence[Recording]]]) -> None:
    """Raise where parts that are needed are empty: all of them in one line."""
    problems = []
    for use, by_part in by_use.items():
        empty = [part for part in USES[use].sets if part not in by_part]
        if by_part and empty:
            owners = {part: sorted({each.speaker for each in members}) for part, members in by_part.items()}
            there = "; ".join(f"{part}: {' '.join(names[:5])}" for part, names in owners.items())
            problems.append(f"nothing of use '{use}' for {' and '.join(empty)}, there is only {there}")
    if problems:
        raise AudiolabError(
            f"{table}: {'; '.join(problems)}; where 'part' is empty, a hash of the speaker (of noise without one: of "
            "the file) says it: fill 'part'"
        )
    needed = [use for use in by_use if not USES[use].optional]
    lacking = [use for use in needed if not by_use[use]]
    if lacking:
        names = "', '".join(lacking)
        raise AudiolabError(f"{table}: no line of use '{names}'; needed are {', '.join(needed)}")


def _tell_languages(table: str | Path, use: str, by_part: Mapping[str, Sequence[Recording]]) -> None:
    """Tell of languages that are not in all parts."""
    if not by_part or "language" not in USES[use].needs:
        return
    languages = {part: {recording.language or "" for recording in by_part[part]} for part in USES[use].sets}
    for part, found in languages.items():
        missing = set().union(*languages.values()) - found
        if missing:
            logging.warning("%s: nothing of use '%s' for %s in %s", table, use, part, ", ".join(sorted(missing)))


def _check_rates(pairs: Sequence[Line]) -> None:
    """Raise unless all pairs have one rate, which is not below `RATE`: scores are taken there."""
    first = None
    for line in pairs:
        _, rate, _ = audio_info(str(line.recording.path), where=line.where)
        first = first or rate
        if rate != first or rate < RATE:
            raise AudiolabError(
                f"{line.recording.place()}: has {rate} Hz, the first pair {first} Hz; all pairs need one rate of "
                f"{RATE} Hz or more"
            )


def _empty(path: Path) -> None:
    """Take the tables and stamps of an earlier run out of a data dir, and remove it where it holds nothing else."""
    write_data_dir(path, {}, replace=True)
    for stamp in stamps_of(path):
        withdraw(path, stamp.stem)
    logging.info("%s: emptied, for the table has nothing for it", path)
    with contextlib.suppress(OSError):
        if (path / STAMPS).is_dir():
            (path / STAMPS).rmdir()
        path.rmdir()
