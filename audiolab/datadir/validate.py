"""Finding all that is wrong with a data dir, at once: Kaldi's rules, and what Kaldi's own script lets pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audiolab.datadir.contents import (
    check_contents,
    check_inversion,
    check_speaker_prefixes,
    check_speaker_sorting,
)
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.faults import Fault, Scan, scan
from audiolab.datadir.headers import TABLE
from audiolab.datadir.kinds import MIXED, Key, is_signal, kind_of
from audiolab.datadir.restrict import mixed_of
from audiolab.datadir.targets import (
    FRAMED,
    MATRIX_TABLES,
    check_audio,
    check_lengths,
    check_matrices,
    check_segment_ends,
    latest_ends,
)


def validate(
    path: str | Path,
    *,
    feats: bool = True,
    text: bool = True,
    wav: bool = True,
    spk_sort: bool = True,
    non_print: bool = False,
    read_audio: bool = False,
    allow_pipes: bool = False,
) -> list[Fault]:
    """Return all faults of a data dir, sorted by file and line; no fatal one means that it is valid.

    Args:
        path: The data dir.
        feats: Whether ``feats.scp`` must be there; a table that is there is always checked.
        text: Whether ``text`` must be there.
        wav: Whether ``wav.scp`` must be there.
        spk_sort: Whether sorting by utterance must sort by speaker too.
        non_print: Whether unprintable characters may be in ``text``.
        read_audio: Read all audio for NaN, infinite and silent samples.
        allow_pipes: Run commands in tables in order to check their output.

    Raises:
        AudiolabError: There is no such folder.
    """
    datadir = DataDir(path)
    tables = {name: scan(datadir.path / name) for name in datadir.names}
    faults = list(_missing(datadir.path, tables, feats, text, wav))
    for name, table in tables.items():
        faults += table.faults
        faults += check_contents(name, table, non_print)
    if "utt2spk" in tables:
        faults += _speaker_faults(tables, spk_sort)
        faults += _id_faults(tables)
    faults += _target_faults(tables, read_audio, allow_pipes)
    return sorted(set(faults))


def _missing(path: Path, tables: dict[str, Scan], feats: bool, text: bool, wav: bool) -> Iterator[Fault]:
    wanted = {"utt2spk": "", "spk2utt": "; make it with utils/utt2spk_to_spk2utt.py"}
    if feats:
        wanted["feats.scp"] = "; if that is meant to be, give --no-feats"
    if text:
        wanted["text"] = "; if that is meant to be, give --no-text"
    if wav:
        wanted["wav.scp"] = "; if that is meant to be, give --no-wav"
    elif "segments" in tables:
        wanted["wav.scp"] = "; segments are pieces of its recordings"
    for name, advice in wanted.items():
        if name not in tables:
            yield Fault(str(path / name), 0, f"no such file{advice}")


def _speaker_faults(tables: dict[str, Scan], spk_sort: bool) -> Iterator[Fault]:
    utt2spk = tables["utt2spk"]
    if len({row.value for row in utt2spk.rows}) == 1:
        yield Fault(utt2spk.name, 0, "only one speaker; use the utterance as speaker if it is unknown", fatal=False)
    if spk_sort:
        yield from check_speaker_sorting(utt2spk)
    yield from check_speaker_prefixes(utt2spk)
    if "spk2utt" in tables and not utt2spk.broken:
        yield from check_inversion(utt2spk, tables["spk2utt"])


def _id_faults(tables: dict[str, Scan]) -> Iterator[Fault]:
    """Yield where a table's ids are not those of ``utt2spk``, of its speakers, or of the recordings."""
    utt2spk, owners = tables["utt2spk"], _owners(tables)
    for name, table in tables.items():
        key = kind_of(name).key
        if name in ("utt2spk", "spk2utt"):
            continue
        if key in owners:
            yield from _compare(table, *owners[key], key)
        elif key in ("utterance", "recording") and not table.has_ids_of(utt2spk):
            yield from _compare(table, utt2spk.lines, utt2spk.name, key)


def _owners(tables: dict[str, Scan]) -> dict[Key, tuple[dict[str, int], str]]:
    """Return what has the ids of speakers and of recordings that are no utterances: id -> its first line, and where."""
    owners: dict[Key, tuple[dict[str, int], str]] = {"speaker": ({}, tables["utt2spk"].name)}
    for row in tables["utt2spk"].rows:
        owners["speaker"][0].setdefault(row.value, row.line)
    if "segments" in tables:
        owners["recording"] = ({}, tables["segments"].name)
        for row in tables["segments"].rows:
            owners["recording"][0].setdefault(row.value.split(maxsplit=1)[0], row.line)
    if "mixtures" in tables:
        for key in MIXED:
            owners[key] = ({}, tables["mixtures"].name)
            for row in tables["mixtures"].rows:
                owners[key][0].setdefault(mixed_of({row.key: row.value}, key)[row.key], row.line)
    return owners


def _compare(table: Scan, ids: dict[str, int], source: str, what: str) -> Iterator[Fault]:
    lines = table.lines
    for key, line in lines.items():
        if key not in ids:
            yield Fault(table.name, line, f"the {what} '{key}' is not in {Path(source).name}")
    for key, line in ids.items():
        if key not in lines:
            yield Fault(source, line, f"the {what} '{key}' has no line in {Path(table.name).name}")


def _target_faults(tables: dict[str, Scan], read_audio: bool, allow_pipes: bool) -> Iterator[Fault]:
    lengths: dict[str, dict[str, float]] = {"wav.scp": {}}
    for name, table in tables.items():
        if is_signal(name):
            headers = tables[TABLE].table if name == "wav.scp" and TABLE in tables else {}
            yield from check_audio(table, read_audio, allow_pipes, lengths.setdefault(name, {}), headers)
    durations = lengths.pop("wav.scp")
    ends = latest_ends(tables["segments"]) if "segments" in tables else None
    for name, of_signal in lengths.items():
        if kind_of(name).key == "recording":
            yield from check_lengths(tables[name], of_signal, durations, ends)
    if "segments" in tables:
        stated = {row.key: row.value for row in tables["reco2dur"].rows} if "reco2dur" in tables else {}
        for recording in stated.keys() - durations.keys():  # entries that are commands, or no wav.scp at all
            try:
                durations[recording] = float(stated[recording])
            except ValueError:
                continue  # a fault of reco2dur's contents
        yield from check_segment_ends(tables["segments"], durations)
    frames = {row.key: row.value for row in tables["utt2num_frames"].rows} if "utt2num_frames" in tables else {}
    for name in MATRIX_TABLES:
        if name in tables:
            yield from check_matrices(tables[name], frames if name in FRAMED else {}, allow_pipes)
