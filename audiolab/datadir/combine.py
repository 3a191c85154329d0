"""Joining data dirs."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from pathlib import Path

import yaml

from audiolab.config import load_yaml
from audiolab.datadir.apart import check_apart
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.fix import check_speaker_order, intersect
from audiolab.datadir.headers import read_header
from audiolab.datadir.kinds import SETTINGS, kind_of
from audiolab.datadir.restrict import Tables, restrict
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError

logger = logging.getLogger(__name__)


def combine_data_dirs(
    destination: str | Path,
    sources: Sequence[str | Path],
    extra_files: Sequence[str] = (),
    utterances: Collection[str] | None = None,
) -> DataDir:
    """Join data dirs into one, as Kaldi's ``combine_data.sh`` does.

    A table is joined where all sources have it; which are left out is logged. Of ``mixtures.yaml`` and its like the
    keys stay that have one value in all of them. When some have ``segments``, the others get one segment a recording,
    and when some have ``utt2uniq``, in the others each utterance is its own. At the end the ids are made to agree.

    Args:
        destination: The data dir to write; tables of an earlier run are replaced.
        sources: Data dirs, at least one.
        extra_files: Further tables of ids and values to join, which all sources must have.
        utterances: Only these are taken, of any source; None: all.

    Raises:
        AudiolabError: A source is no data dir, or not apart from the destination; one id has two different values;
            mixtures at several rates; none of ``utterances`` is there.
    """
    dirs = [DataDir(source) for source in sources]
    for source in dirs:
        check_apart(source.path, destination)
        source.tell_unknown(extra_files)
    _tell_unshared(dirs)
    settings = _common_settings(dirs)
    tables = join_tables([(str(d.path), _with_extras(d, extra_files)) for d in dirs])
    extras = {name: tables.pop(name) for name in extra_files if kind_of(name) is None}
    fixed = intersect(tables if utterances is None else restrict(tables, utterances))
    if not fixed["utt2spk"]:
        raise AudiolabError(f"{destination}: no utterance of {' '.join(map(str, sources))} remained, of those wanted")
    check_speaker_order(fixed["utt2spk"], Path(destination) / "utt2spk")
    return write_data_dir(destination, {**fixed, **extras}, replace=True, settings=settings)


def _tell_unshared(dirs: Sequence[DataDir]) -> None:
    """Log the tables that are left out, for not all sources have them."""
    for name in sorted({name for source in dirs for name in source.names} - {"segments", "utt2uniq"}):
        without = [str(source.path) for source in dirs if not source.has(name)]
        if without:
            logger.warning("%s is left out: %s", name, " ".join(without) + " has none")


def _common_settings(dirs: Sequence[DataDir]) -> dict[str, bytes]:
    """Return, of each file of settings that all sources have, what is the same in all."""
    common = {}
    for name in SETTINGS:
        if not all(source.has(name) for source in dirs):
            continue
        first, *others = (load_yaml(source.path / name)[0] for source in dirs)
        shared = {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}
        if "rate" in first and "rate" not in shared:
            rates = " ".join(f"{source.path}/{name}: {load_yaml(source.path / name)[0].get('rate')}" for source in dirs)
            raise AudiolabError(f"sampling rates differ, {rates}; a data dir has one: make them anew at one rate")
        common[name] = yaml.safe_dump(shared, sort_keys=False, allow_unicode=True).encode()
    return common


def join_tables(sources: Sequence[tuple[str, Tables]]) -> dict[str, dict[str, str]]:
    """Return the tables that all sources have, joined; see `combine_data_dirs`.

    Args:
        sources: For each source its name, for messages, and its tables by name.

    Raises:
        AudiolabError: A source without ``utt2spk``; one utterance in two sources; one id with two values.
    """
    for name, tables in sources:
        if "utt2spk" not in tables:
            raise AudiolabError(f"{name}/utt2spk: missing; this is no data dir")
    anywhere = {table for _, tables in sources for table in tables}
    sources = [(name, _complete(name, tables, anywhere)) for name, tables in sources]
    shared = set.intersection(*(set(tables) for _, tables in sources)) - {"spk2utt"}
    return {table: _join(table, sources) for table in sorted(shared)}


def _with_extras(datadir: DataDir, extra_files: Sequence[str]) -> Tables:
    return {**datadir.tables, **{name: read_table(datadir.path / name) for name in extra_files}}


def _complete(name: str, tables: Tables, anywhere: set[str]) -> Tables:
    """Return the tables of one source with the ``segments`` and ``utt2uniq`` that another source makes necessary."""
    complete = dict(tables)
    if "segments" in anywhere and "segments" not in tables:
        complete["segments"] = _whole_segments(name, tables)
    if "utt2uniq" in anywhere and "utt2uniq" not in tables:
        complete["utt2uniq"] = {utterance: utterance for utterance in tables["utt2spk"]}
    return complete


def _whole_segments(name: str, tables: Tables) -> dict[str, str]:
    """Return segments that cover each recording, for a data dir in which recordings are utterances."""
    durations = tables.get("utt2dur") or tables.get("reco2dur") or {}
    segments = {}
    for utterance in tables["utt2spk"]:
        if utterance not in durations:
            if utterance not in tables.get("wav.scp", {}):
                raise AudiolabError(f"{name}: '{utterance}' has neither a duration nor audio to make segments from")
            header = read_header(tables["wav.scp"][utterance], f"{name}/wav.scp: {utterance}")
            segments[utterance] = f"{utterance} 0 {header.seconds:.6f}"
        else:
            segments[utterance] = f"{utterance} 0 {durations[utterance]}"
    return segments


def _join(table: str, sources: Sequence[tuple[str, Tables]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    origin: dict[str, str] = {}
    twice = kind_of(table) is not None and kind_of(table).key == "utterance"
    for name, tables in sources:
        for key, value in tables[table].items():
            if key in joined and (twice or joined[key] != value):
                raise AudiolabError(
                    f"{name}/{table}: '{key}' is in {origin[key]} too"
                    + ("" if twice else f", with '{joined[key]}' and not '{value}'")
                    + "; rename one with utils/copy_data_dir.py, or remove the table and make it again after joining"
                )
            joined[key] = value
            origin.setdefault(key, name)
    return joined
