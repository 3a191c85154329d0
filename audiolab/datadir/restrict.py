"""Keeping a part of a data dir's tables so that their ids agree again."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from audiolab.datadir.kinds import kind_of
from audiolab.datadir.table import keep

Tables = Mapping[str, Mapping[str, str]]


def restrict(tables: Tables, utterances: Collection[str]) -> dict[str, dict[str, str]]:
    """Return tables with only these utterances, their speakers, and their recordings.

    Without ``segments`` a recording is an utterance. ``spk2utt`` is left out; `write_data_dir` derives it.
    """
    utterances = set(utterances)
    utt2spk = keep(tables["utt2spk"], utterances)
    keys = {
        "utterance": set(utt2spk),
        "speaker": set(utt2spk.values()),
        "recording": recordings_of(keep(tables["segments"], utt2spk)) if "segments" in tables else set(utt2spk),
    }
    return {name: keep(table, keys[kind_of(name).key]) for name, table in tables.items() if name != "spk2utt"}


def recordings_of(segments: Mapping[str, str]) -> set[str]:
    """Return the recordings that a ``segments`` table uses."""
    return {value.split(maxsplit=1)[0] for value in segments.values() if value}
