"""A preference test: pairs of a sentence by two systems, in files that do not tell which, and what listeners say.

After Li and Zen (MLMS, §4): a listener hears both of a pair and says which sounds more natural, or that neither does.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.datadir.audio import resample
from audiolab.datadir.audiowrite import write_audio
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write, replaced_together
from audiolab.metrics.table import Column, Table
from audiolab.report import audio
from audiolab.report.players import Clip
from audiolab.textfile import read_records

MANIFEST = "manifest.csv"
MANIFEST_COLUMNS = ("test", "pair", "language", "first", "second", "text")
KEY_COLUMNS = ("test", "pair", "language", "speaker", "utterance", "a", "b", "first", "second")
VOTE_COLUMNS = ("test", "listener", "pair", "vote")
VOTES = ("first", "second", "neutral")
SIGNIFICANT = 0.01
"""Probability under which a difference is told as one, as in the paper."""


@dataclass(frozen=True)
class Pair:
    """A sentence by two systems.

    Attributes:
        language: Its language.
        speaker: Whose voice it is.
        a: The first system of the comparison.
        b: The second one.
        clips: What each made, in this order.
        text: What is said; empty where that is not known.
        swapped: Whether b is heard first.
    """

    language: str
    speaker: str
    a: str
    b: str
    clips: tuple[Clip, Clip]
    text: str
    swapped: bool


@dataclass(frozen=True)
class Preference:
    """What listeners said of a comparison in a language.

    Attributes:
        language: The language.
        a: The first system.
        b: The second one.
        preferred: Votes for a and for b.
        neutral: Votes for neither.
        listeners: Who voted.
        p: Probability of a difference as large or larger where votes for a and b are as likely as each other: two-sided
            sign test over the votes that are not neutral; 1 where there is none.
    """

    language: str
    a: str
    b: str
    preferred: tuple[int, int]
    neutral: int
    listeners: int
    p: float

    @property
    def better(self) -> str:
        """The system that is preferred with p < `SIGNIFICANT`; empty: none is."""
        if self.p >= SIGNIFICANT:
            return ""
        return self.a if self.preferred[0] > self.preferred[1] else self.b


def write_test(pairs: Sequence[Pair], out: str | Path, key: str | Path, generator: np.random.Generator) -> str:
    """Write the folder of a test and, apart from it, the key; return the test's id.

    The folder has ``wav/<random id>.wav``, all at the lowest rate among them and at one level, so that neither
    bandwidth nor loudness tells them apart, and `MANIFEST`: the pairs in the order in which they are to be heard, with
    their files, and nothing about systems. Files of a test that was there go.

    Args:
        pairs: In the order of listening.
        out: The folder.
        key: The CSV that says what was heard.
        generator: Draws the files' names.

    Raises:
        AudiolabError: The key would lie in the folder, or a recording is broken.
    """
    out, key = Path(out), Path(key)
    if out.resolve() in (key.resolve(), *key.resolve().parents):
        raise AudiolabError(f"{key}: the key must not lie in {out}, which listeners see")
    rate = min(clip.load()[1] for pair in pairs for clip in pair.clips)  # all are read twice: together they are large
    ids = iter(generator.choice(16**6 - 16**5, 2 * len(pairs), replace=False) + 16**5)
    heard = [[f"wav/{next(ids):06x}.wav" for _ in pair.clips] for pair in pairs]
    before = _files(out)
    digest = hashlib.sha256()
    with replaced_together(out / "wav") as folder:
        for names, pair in zip(heard, pairs):
            for name, clip in zip(names, pair.clips):
                wave, original = clip.load()
                same = audio.level(resample(wave, original, rate), rate)
                digest.update(name.encode() + same.tobytes())
                write_audio(folder / Path(name).name, same, rate, "PCM_16", out / name)
    test = digest.hexdigest()[:12]
    numbers = [f"{number:04d}" for number in range(1, len(pairs) + 1)]
    with atomic_write(out / MANIFEST) as file, atomic_write(key) as secret:
        file.write(_csv(MANIFEST_COLUMNS, map(_manifest_row, [test] * len(pairs), numbers, pairs, heard)))
        secret.write(_csv(KEY_COLUMNS, map(_key_row, [test] * len(pairs), numbers, pairs)))
        file.flush()  # a full disk is noticed before either is replaced
    for name in before - {name for names in heard for name in names}:
        (out / name).unlink(missing_ok=True)
    return test


def _files(out: Path) -> set[str]:
    """Return the files of the test that is in a folder already."""
    if not (out / MANIFEST).is_file():
        return set()
    rows = read_records(out / MANIFEST, MANIFEST_COLUMNS, ",", "the manifest")
    return {f"wav/{Path(row[place]).name}" for _, row in rows for place in ("first", "second")}


def _manifest_row(test: str, number: str, pair: Pair, heard: Sequence[str]) -> tuple[str, ...]:
    return test, number, pair.language, *(reversed(heard) if pair.swapped else heard), pair.text


def _key_row(test: str, number: str, pair: Pair) -> tuple[str, ...]:
    order = (pair.b, pair.a) if pair.swapped else (pair.a, pair.b)
    return test, number, pair.language, pair.speaker, pair.clips[0].utterance, pair.a, pair.b, *order


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def collect(votes: Sequence[str | Path], key: str | Path) -> list[Preference]:
    """Return what listeners said, by language and comparison in the order of the key.

    Args:
        votes: CSV files with `VOTE_COLUMNS`; a vote is one of `VOTES`.
        key: The key that was written with the test.

    Raises:
        AudiolabError: A file is missing or of another test, a pair is not in the key, a vote is none, or a listener
            voted twice on a pair.
    """
    keyed = {(row["test"], row["pair"]): row for _, row in read_records(key, KEY_COLUMNS, ",", "the key")}
    comparisons = dict.fromkeys((row["language"], row["a"], row["b"]) for row in keyed.values())
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    listeners: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    seen: dict[tuple[str, str], str] = {}
    for path in votes:
        for place, row in read_records(path, VOTE_COLUMNS, ",", "these votes"):
            said = _system(row, keyed, place, key)
            before = seen.setdefault((row["listener"], row["pair"]), place)
            if before != place:
                raise AudiolabError(
                    f"{place}: '{row['listener']}' voted on pair {row['pair']} in {before} too; drop one"
                )
            about = keyed[row["test"], row["pair"]]
            comparison = about["language"], about["a"], about["b"]
            counts[comparison][said] += 1
            listeners[comparison].add(row["listener"])
    if not seen:
        raise AudiolabError("preference test: there is no vote in these files")
    return [_preference(one, counts[one], len(listeners[one])) for one in comparisons if one in counts]


def _system(row: Mapping[str, str], keyed: Mapping[tuple[str, str], Mapping[str, str]], place: str, key: Any) -> str:
    """Return which system a vote is for; empty: it is neutral."""
    if (row["test"], row["pair"]) not in keyed:
        raise AudiolabError(f"{place}: test '{row['test']}' pair '{row['pair']}' is not in {key}")
    if row["vote"] not in VOTES:
        raise AudiolabError(f"{place}: the vote is '{row['vote']}', none of {', '.join(VOTES)}")
    return "" if row["vote"] == "neutral" else keyed[row["test"], row["pair"]][row["vote"]]


def _preference(comparison: tuple[str, str, str], counts: Mapping[str, int], listeners: int) -> Preference:
    language, a, b = comparison
    preferred = counts.get(a, 0), counts.get(b, 0)
    return Preference(language, a, b, preferred, counts.get("", 0), listeners, sign_test(*preferred))


def sign_test(one: int, other: int) -> float:
    """Return the two-sided probability of counts as unlike as these or more where both are as likely; 1 of none."""
    from scipy.stats import binomtest  # making a test does not need it

    return float(binomtest(one, one + other).pvalue) if one + other else 1.0


def preference_table(found: Sequence[Preference]) -> Table:
    """Return shares of the votes in percent, a row a comparison in a language, as the paper's Tables 2 and 3."""
    columns = [Column("language", "Language"), Column("a", "A"), Column("b", "B")]
    columns += [
        Column(key, title, "%", 1) for key, title in (("for a", "For A"), ("for b", "For B"), ("no", "Neutral"))
    ]
    columns += [Column("votes", "Votes"), Column("listeners", "Listeners"), Column("p", "p", digits=4)]
    columns += [Column("better", f"Preferred, p < {SIGNIFICANT:g}")]
    rows = []
    for each in found:
        votes = sum(each.preferred) + each.neutral
        shares = [100 * count / votes for count in (*each.preferred, each.neutral)]
        rows.append(
            {"language": each.language, "a": each.a, "b": each.b, **dict(zip(("for a", "for b", "no"), shares))}
            | {"votes": votes, "listeners": each.listeners, "p": each.p, "better": each.better or None}
        )
    return Table(columns, rows)
