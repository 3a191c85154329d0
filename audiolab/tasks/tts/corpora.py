"""The paper's Table 1: how many utterances each set has, by language and speaker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.metrics.table import Column, Table

Sets = Mapping[str, Sequence[DataDir]]
"""Name of a set -> the data dirs that it is made of."""


def utterances_table(sets: Sets) -> Table:
    """Return one row a speaker in a language, with the utterances of each set, and hours where their lengths are known.

    Raises:
        AudiolabError: A table is missing, or ``utt2lang`` lacks an utterance.
    """
    counts: dict[str, Counter[tuple[str, str]]] = {}
    seconds: dict[str, Counter[tuple[str, str]]] = {}
    genders: dict[str, str] = {}
    for name, datadirs in sets.items():
        counts[name], seconds[name] = Counter(), Counter()
        for datadir in datadirs:
            _count(datadir, counts[name], seconds[name])
            if datadir.has("spk2gender"):
                genders |= dict(datadir.table("spk2gender").items())
    columns = [Column("language", "Language"), Column("speaker", "Speaker"), Column("gender", "Gender")]
    columns += [Column(f"n {name}", f"Utterances, {name}") for name in sets]
    columns += [Column(f"h {name}", "Hours", behind=f", {name}", digits=2) for name in sets if seconds[name]]
    voices = sorted({voice for of_set in counts.values() for voice in of_set})
    rows = [
        {"language": language, "speaker": speaker, "gender": genders.get(speaker)}
        | {f"n {name}": counts[name][language, speaker] or None for name in sets}
        | {f"h {name}": seconds[name][language, speaker] / 3600 or None for name in sets}
        for language, speaker in voices
    ]
    return Table(columns, rows)


def _count(datadir: DataDir, counts: Counter[tuple[str, str]], seconds: Counter[tuple[str, str]]) -> None:
    languages = datadir.table("utt2lang")
    lengths = datadir.table("utt2dur") if datadir.has("utt2dur") else {}
    for utterance, speaker in datadir.table("utt2spk").items():
        if utterance not in languages:
            raise AudiolabError(f"{datadir.path}/utt2lang: no '{utterance}'; prepare the corpus again")
        voice = languages[utterance], speaker
        counts[voice] += 1
        if utterance in lengths:
            seconds[voice] += float(lengths[utterance])
