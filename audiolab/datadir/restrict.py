"""Keeping a part of a data dir's tables so that their ids agree again."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from audiolab.datadir.kinds import MIXED, Key, kind_of
from audiolab.datadir.table import keep

Tables = Mapping[str, Mapping[str, str]]


def restrict(tables: Tables, utterances: Collection[str]) -> dict[str, dict[str, str]]:
    """Return tables with only these utterances, their speakers, and their recordings.

    Without ``segments`` a recording is an utterance. ``spk2utt`` is left out; `write_data_dir` derives it.
    """
    utterances = set(utterances)
    utt2spk = keep(tables["utt2spk"], utterances)
    keys: dict[Key, set[str]] = {
        "utterance": set(utt2spk),
        "speaker": set(utt2spk.values()),
        "recording": recordings_of(keep(tables["segments"], utt2spk)) if "segments" in tables else set(utt2spk),
    }
    if "mixtures" in tables:
        mixtures = keep(tables["mixtures"], utt2spk)
        keys |= {key: {name for name in mixed_of(mixtures, key).values()} for key in MIXED}
    kept = {}
    for name, table in tables.items():
        key = kind_of(name).key
        if name != "spk2utt":
            kept[name] = keep(table, keys[key]) if key in keys else dict(table.items())
    return kept


def recordings_of(segments: Mapping[str, str]) -> set[str]:
    """Return the recordings that a ``segments`` table uses."""
    return {value.split(maxsplit=1)[0] for value in segments.values() if value}


def mixed_of(mixtures: Mapping[str, str], key: Key) -> dict[str, str]:
    """Return the recording of speech or noise (``key``) that each mixture is made of; empty where it names none."""
    found = ((name, value.split(maxsplit=MIXED[key] + 1)) for name, value in mixtures.items())
    return {name: fields[MIXED[key]] if len(fields) > MIXED[key] else "" for name, fields in found}
