"""Choosing some of a data dir's utterances."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from pathlib import Path

from audiolab.datadir.apart import check_apart
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.restrict import restrict
from audiolab.errors import AudiolabError


def subset_data_dir(source: str | Path, destination: str | Path, utterances: Collection[str]) -> DataDir:
    """Write the data dir ``destination`` with these utterances of ``source``; other tables there are replaced.

    Raises:
        AudiolabError: None of the utterances is in the data dir, or ``destination`` is not apart from ``source``.
    """
    datadir = DataDir(source)
    check_apart(source, destination)
    datadir.tell_unknown()
    chosen = restrict(datadir.tables, utterances)
    if not chosen["utt2spk"]:
        raise AudiolabError(f"{source}: no utterance remained of the {len(utterances)} that were asked for")
    return write_data_dir(destination, chosen, replace=True, settings=datadir.settings)


def spread(utterances: list[str], count: int) -> list[str]:
    """Choose ``count`` utterances spread over the list, as Kaldi does: half of them from each half, and so on."""

    def choose(first: int, last: int, needed: int) -> list[str]:
        if needed == 0:
            return []
        if last - first == 1:
            return [utterances[first]]
        middle = first + (last - first) // 2
        return choose(first, middle, needed // 2) + choose(middle, last, needed - needed // 2)

    _check_count(count, len(utterances))
    return choose(0, len(utterances), count)


def first(utterances: list[str], count: int) -> list[str]:
    """Choose the first ``count`` utterances."""
    _check_count(count, len(utterances))
    return utterances[:count]


def last(utterances: list[str], count: int) -> list[str]:
    """Choose the last ``count`` utterances."""
    _check_count(count, len(utterances))
    return utterances[-count:]


def shortest(datadir: DataDir, count: int) -> list[str]:
    """Choose the ``count`` shortest utterances, by ``utt2num_frames``, ``utt2dur`` or the matrices of ``feats.scp``.

    Raises:
        AudiolabError: The data dir has none of them, or too few utterances.
    """
    utterances = datadir.utterances
    _check_count(count, len(utterances))
    for name in ("utt2num_frames", "utt2dur"):
        if datadir.has(name):
            table = datadir.table(name)
            return sorted(utterances, key=lambda u: (float(table[u]), u))[:count]
    if not datadir.has("feats.scp"):
        raise AudiolabError(f"{datadir.path}: --shortest needs utt2num_frames, utt2dur or feats.scp")
    features = MatrixTable(datadir.path / "feats.scp")
    return sorted(utterances, key=lambda u: (features.rows(u), u))[:count]


def per_speaker(spk2utt: Mapping[str, str], count: int) -> list[str]:
    """Choose up to ``count`` utterances of each speaker, spread over the speaker's utterances."""
    if count < 1:
        raise AudiolabError(f"cannot choose {count} utterances; at least 1 is needed")
    chosen = []
    for utterances in map(str.split, spk2utt.values()):
        step = max(1, len(utterances) // count)
        chosen += utterances[: count * step : step]
    return chosen


def whole_speakers(spk2utt: Mapping[str, str], count: int, seed: int) -> list[str]:
    """Choose speakers at random until there are at least ``count`` utterances (or no speaker is left)."""
    if count < 1:
        raise AudiolabError(f"cannot choose {count} utterances; at least 1 is needed")
    speakers = sorted(spk2utt)
    random.Random(seed).shuffle(speakers)
    chosen: list[str] = []
    for speaker in speakers:
        if len(chosen) < count:
            chosen += spk2utt[speaker].split()
    return chosen


def _check_count(count: int, available: int) -> None:
    if not 1 <= count <= available:
        raise AudiolabError(f"cannot choose {count} utterances of {available}; ask for 1 to {available}")
