"""A listening test as one HTML file: naturalness and similarity to the target voice, on scales of 1 to 5.

After Ferro, Obin and Roebel (SoftGAN, §4.2): short excerpts of source, target and converted speech are heard in random
order; beside each the listener can hear an excerpt of the target speaker. The page says nothing about where a sample
comes from: that is in a key, a CSV kept elsewhere. The page holds more samples than one listener hears: which of them,
`audiolab.report.listening_design` says for each listener's number.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from audiolab.datadir.audio import resample
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.report import audio, page
from audiolab.report.listening_design import lists, usable
from audiolab.report.players import Clip

KEY_COLUMNS = ("test", "sample", "lists", "system", "source", "target", "utterance", "excerpt")
NATURAL = ("source", "target")
"""Systems that are recordings."""


@dataclass(frozen=True)
class Sample:
    """One sample to be rated, and the excerpt of the target speaker beside it.

    Attributes:
        name: Random id, all that the page shows of it.
        system: ``source``, ``target`` or the name of a converting system.
        source: Source speaker.
        target: Target speaker.
        clip: What is rated.
        excerpt: Another sentence of the target speaker, the same for all systems.
    """

    name: str
    system: str
    source: str
    target: str
    clip: Clip
    excerpt: Clip


Pool = list[list[Sample]]
"""The samples of each utterance, in the order of the systems."""


@dataclass(frozen=True)
class Test:
    """What was written: the test's id, how many utterances, systems and lists it has, and the page's size in bytes."""

    name: str
    utterances: int
    systems: int
    lists: int
    size: int


def write_test(
    pool: Pool,
    out: str | Path,
    key: str | Path,
    samples: int,
    title: str = "Listening test",
    seconds: float = 5.0,
    max_mb: float = 25.0,
) -> Test:
    """Write the page and, apart from it, the key: both or none.

    All samples are cut to ``seconds``, brought to the lowest rate among them and to one level, so that neither
    bandwidth nor loudness tells them apart. The page holds as many of the utterances as it may, a number that has no
    divisor in common with that of the systems.

    Args:
        pool: The samples.
        out: The page.
        key: The CSV that says what each sample is.
        samples: How many a listener hears.
        title: Title of the page.
        seconds: Longest sample.
        max_mb: Largest page, 10^6 bytes.

    Raises:
        AudiolabError: The title has a system's name in it, page and key are the same file, or the listener is to hear
            fewer samples than there are systems, or more than there are.
    """
    names = [sample.system for sample in pool[0]]
    _check_title(title, names)
    _check_outputs(out, key)
    uris = _encode(pool, seconds)
    pool = pool[: usable(_fitting(pool, uris, max_mb * 1e6), len(names))]
    if not len(names) <= samples <= len(pool) * len(names):
        raise AudiolabError(
            f"listening test: {samples} samples for a listener: there are {len(pool)} utterances in {len(names)} "
            f"versions ({', '.join(names)}); give --samples from {len(names)} to {len(pool) * len(names)}"
        )
    cells = lists(len(pool), len(names), samples)
    heard = [[pool[utterance][condition].name for utterance, condition in cell] for cell in cells]
    shown = {**_trials(pool, uris), "lists": heard}
    test = hashlib.sha256(repr(shown).encode()).hexdigest()[:12]
    text = page.template("listening.html", title=title, test=test, shown=shown, samples=samples)
    with atomic_write(out) as file, atomic_write(key) as secret:
        file.write(text)
        _write_key(secret, pool, heard, test)
        file.flush()  # a full disk is noticed before either is replaced
    return Test(test, len(pool), len(names), len(heard), len(text.encode()))


def _check_title(title: str, systems: Sequence[str]) -> None:
    for system in sorted(set(systems) - set(NATURAL)):
        if system.lower() in title.lower():
            raise AudiolabError(f"listening test: the title '{title}' names the system '{system}'; listeners see it")


def _check_outputs(out: str | Path, key: str | Path) -> None:
    if Path(out).resolve() == Path(key).resolve():
        raise AudiolabError(f"{key}: the key must not be the page")
    for path in (out, key):
        if Path(path).is_dir():
            raise AudiolabError(f"{path}: is a folder; name the file to write, nothing was changed")


def _trials(pool: Pool, uris: Mapping[str, str]) -> dict[str, Any]:
    """Return the data URIs of clips, each once, and by sample the places of its clip and its excerpt in them."""
    trials = {s.name: {"sample": _name(s.clip), "excerpt": _name(s.excerpt)} for row in pool for s in row}
    places = {name: number for number, name in enumerate(dict.fromkeys(n for t in trials.values() for n in t.values()))}
    return {
        "clips": [uris[name] for name in places],
        "trials": {
            name: {part: places[clip] for part, clip in trial.items()} for name, trial in sorted(trials.items())
        },
    }


def _write_key(file: IO[str], pool: Pool, heard: Sequence[Sequence[str]], test: str) -> None:
    """Write what each sample is, and which of the lists ``heard`` have it."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(KEY_COLUMNS)
    for s in itertools.chain.from_iterable(pool):
        among = " ".join(str(number) for number, of_list in enumerate(heard, start=1) if s.name in of_list)
        writer.writerow([test, s.name, among, s.system, s.source, s.target, s.clip.utterance, s.excerpt.utterance])


def _encode(pool: Pool, seconds: float) -> dict[str, str]:
    """Return each clip's data URI, at one rate and level."""
    clips = {_name(c): c.load() for row in pool for s in row for c in (s.clip, s.excerpt)}
    rate = min(rate for _, rate in clips.values())
    return {name: _embed(wave, original, rate, seconds) for name, (wave, original) in clips.items()}


def _fitting(pool: Pool, uris: Mapping[str, str], most: float) -> int:
    """Return how many of the utterances, from the first, have clips of ``most`` bytes or less together."""
    size, held = 0, set[str]()
    for number, row in enumerate(pool):
        new = {_name(c) for s in row for c in (s.clip, s.excerpt)} - held
        size += sum(len(uris[name]) for name in new)
        held |= new
        if size > most:
            return number
    return len(pool)


def _name(clip: Clip) -> str:
    return f"{clip.datadir.path} {clip.utterance}"


def _embed(wave: np.ndarray, original: int, rate: int, seconds: float) -> str:
    cut = audio.excerpt(resample(wave, original, rate), rate, seconds)
    return audio.data_uri(audio.level(cut, rate), rate)
