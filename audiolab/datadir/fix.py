"""Making a data dir's tables agree: sorted, each id once, the same ids in all of them."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.kinds import MIXED, kind_of
from audiolab.datadir.relations import parse_segment, utt2spk_to_spk2utt
from audiolab.datadir.restrict import Tables, mixed_of, recordings_of, restrict
from audiolab.datadir.table import fields_problem, keep, put_table, split_key, split_lines
from audiolab.errors import AudiolabError
from audiolab.textfile import read_bytes


def fix_data_dir(
    path: str | Path, utt_extra_files: Sequence[str] = (), spk_extra_files: Sequence[str] = ()
) -> list[str]:
    """Repair the data dir ``path`` as Kaldi's ``fix_data_dir.sh`` does; the tables as they were stay in ``.backup``
    when anything is changed.

    Lines that cannot be repaired (no value, a wrong number of fields, a segment without length) are dropped; of lines
    with the same id the first stays; then `intersect`.

    Args:
        path: The data dir.
        utt_extra_files: Further tables, with utterances as keys, to be cut to the utterances that stay.
        spk_extra_files: The same for speakers.

    Returns:
        What was done, one sentence a change; empty when nothing was.

    Raises:
        AudiolabError: No ``utt2spk``, no utterance is left, or the speakers' order is not that of their utterances.
    """
    datadir = DataDir(path)
    if not datadir.has("utt2spk"):
        raise AudiolabError(f"{path}/utt2spk: missing; a data dir cannot be repaired without it")
    notes: list[str] = []
    tables = {name: _read_leniently(datadir.path / name, notes) for name in datadir.names if name != "spk2utt"}
    extras = {name: _read_leniently(datadir.path / name, notes) for name in (*utt_extra_files, *spk_extra_files)}
    fixed = intersect(tables)
    if not fixed["utt2spk"]:
        raise AudiolabError(f"{path}: no utterances remained, {_emptiest(tables)}; the data dir is left as it was")
    check_speaker_order(fixed["utt2spk"], datadir.path / "utt2spk")
    fixed |= {name: keep(extras[name], fixed["utt2spk"]) for name in utt_extra_files}
    fixed |= {name: keep(extras[name], fixed["utt2spk"].values()) for name in spk_extra_files}
    tables |= extras
    for name, table in fixed.items():
        if len(table) != len(tables[name]):
            notes.append(f"{datadir.path / name}: kept {len(table)} of {len(tables[name])} ids")
    fixed["spk2utt"] = utt2spk_to_spk2utt(fixed["utt2spk"])
    changed = [name for name, table in sorted(fixed.items()) if not _holds(datadir.path / name, table)]
    if changed:  # else the backup stays that of the repair before
        backup = datadir.path / ".backup"
        backup.mkdir(exist_ok=True)
        for name in {*datadir.names, *extras}:
            shutil.copyfile(datadir.path / name, backup / name)
        write_data_dir(path, fixed)
        notes.append(f"{path}: wrote {', '.join(changed)} anew; the old files are in {backup}")
    return notes


def _holds(path: Path, table: Mapping[str, str]) -> bool:
    """Return whether the file at ``path`` is what would be written for ``table``."""
    text = io.StringIO()
    put_table(text, table, path)
    return path.is_file() and path.read_bytes() == text.getvalue().encode()


def intersect(tables: Tables) -> dict[str, dict[str, str]]:
    """Return the tables, sorted, with only the utterances, speakers and recordings that all of them have."""
    tables = {name: dict(sorted(table.items())) for name, table in tables.items() if name != "spk2utt"}
    while True:
        speakers = set(tables["utt2spk"].values()).intersection(*_ids(tables, "speaker"))
        recordings = set.intersection(*_ids(tables, "recording")) if _ids(tables, "recording") else None
        utterances = {u for u, speaker in tables["utt2spk"].items() if speaker in speakers}
        utterances = utterances.intersection(*_ids(tables, "utterance"))
        if "segments" in tables and recordings is not None:
            kept = keep(tables["segments"], utterances)
            utterances = {u for u, value in kept.items() if recordings_of({u: value}) <= recordings}
        elif recordings is not None:
            utterances &= recordings
        if "mixtures" in tables:
            for key in MIXED.keys() & {kind_of(name).key for name in tables}:
                known = set.intersection(*_ids(tables, key))
                utterances &= {u for u, name in mixed_of(tables["mixtures"], key).items() if name in known}
        smaller = restrict(tables, utterances)
        if smaller == tables:
            return smaller
        tables = smaller


def check_speaker_order(utt2spk: Mapping[str, str], path: str | Path) -> None:
    """Raise `AudiolabError` unless sorting utterances sorts their speakers too, as Kaldi's tools want it."""
    previous, before = "", ""
    for utterance, speaker in sorted(utt2spk.items()):
        if speaker < previous:
            raise AudiolabError(
                f"{path}: speaker '{speaker}' of '{utterance}' comes after '{previous}' of '{before}'; "
                "make the speaker ids prefixes of the utterance ids"
            )
        previous, before = speaker, utterance


def _ids(tables: Tables, key: str) -> list[set[str]]:
    return [set(table) for name, table in tables.items() if kind_of(name).key == key]


def _read_leniently(path: Path, notes: list[str]) -> dict[str, str]:
    """Read what can be read of a broken table, and note the lines that are dropped."""
    if not path.is_file():
        raise AudiolabError(f"{path}: no such table")
    kind = kind_of(path.name)
    table: dict[str, str] = {}
    for number, line in split_lines(read_bytes(path, "this table"), path):
        clean = line.replace("\r", "").strip(" \t")
        if not clean:
            notes.append(f"{path}:{number}: dropped an empty line")
            continue
        key, value = split_key(clean)
        problem = fields_problem(key, value, kind)
        if path.name == "segments" and not problem:
            problem = parse_segment(value)[1]
        if problem is None and key in table:
            problem = f"'{key}' once more"
        if problem:
            notes.append(f"{path}:{number}: dropped: {problem}")
            continue
        table[key] = value
    return table


def _emptiest(tables: Tables) -> str:
    name = min(tables, key=lambda name: len(tables[name]))
    return f"the tables share no id ('{name}' has {len(tables[name])})"
