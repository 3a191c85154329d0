"""A listening test as one HTML file: naturalness and similarity to the target voice, on scales of 1 to 5.

After Ferro, Obin and Roebel (SoftGAN, §4.2): short excerpts of source, target and converted speech, drawn at random,
are heard in random order; beside each the listener can hear an excerpt of the target speaker. The page says nothing
about where a sample comes from: that is in a key, a CSV kept elsewhere.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiolab.datadir.audio import resample
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.conversions import sentence_of
from audiolab.report import audio, page
from audiolab.report.conversions import Clip, Conversion, read_conversions

KEY_COLUMNS = ("test", "sample", "system", "source", "target", "utterance", "excerpt")
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
        excerpt: Another sentence of the target speaker.
    """

    name: str
    system: str
    source: str
    target: str
    clip: Clip
    excerpt: Clip


def draw(
    systems: Mapping[str, Sequence[DataDir]], sources: DataDir, references: DataDir, count: int, seed: int
) -> list[Sample]:
    """Draw the samples of a test: as many of each system, of source and of target speech, or one more of some.

    Args:
        systems: Name -> data dirs of converted speech, as `read_conversions` takes them.
        sources: What was converted.
        references: The targets' recordings, two sentences of each or more.
        count: Samples in all.
        seed: Same seed and data, same samples in the same order.

    Raises:
        AudiolabError: There are too few utterances, or a system has the name of another.
    """
    if set(systems) & set(NATURAL):
        raise AudiolabError("listening test: 'source' and 'target' are the recordings; call the system something else")
    generator = np.random.default_rng(seed)
    conversions = {
        name: [c for datadir in datadirs for c in read_conversions(datadir, sources, references, {})]
        for name, datadirs in systems.items()
    }
    pool = {name: [(c, c.converted) for c in found] for name, found in conversions.items()}
    every = [c for found in conversions.values() for c in found]
    pool["source"] = [(c, c.source) for c in every]
    pool["target"] = [(c, c.reference) for c in every if c.reference]
    names = list(pool)
    if count < len(names):
        raise AudiolabError(f"listening test: {count} samples are too few for {', '.join(names)}: one each or more")
    extra = set(generator.permutation(len(names))[: count % len(names)])
    chosen = [
        (name, *item)
        for number, name in enumerate(names)
        for item in _pick(name, pool[name], count // len(names) + (number in extra), generator)
    ]
    ids = generator.permutation(16**5 - 16**4)[: len(chosen)] + 16**4
    order = generator.permutation(len(chosen))
    return [
        Sample(
            f"{ids[place]:05x}",
            chosen[place][0],
            chosen[place][1].source_speaker,
            chosen[place][1].target_speaker,
            chosen[place][2],
            _excerpt(chosen[place][1], references, generator),
        )
        for place in order
    ]


def write_test(
    samples: Sequence[Sample], out: str | Path, key: str | Path, title: str = "Listening test", seconds: float = 5.0
) -> str:
    """Write the page and, apart from it, the key; return the test's id.

    All samples are cut to ``seconds``, brought to the lowest rate among them and to one level, so that neither
    bandwidth nor loudness tells them apart.

    Raises:
        AudiolabError: The title has a system's name in it, or page and key are the same file.
    """
    for system in sorted({sample.system for sample in samples} - set(NATURAL)):
        if system.lower() in title.lower():
            raise AudiolabError(f"listening test: the title '{title}' names the system '{system}'; listeners see it")
    if Path(out).resolve() == Path(key).resolve():
        raise AudiolabError(f"{key}: the key must not be the page")
    clips = {_name(c): c.load() for sample in samples for c in (sample.clip, sample.excerpt)}
    rate = min(rate for _, rate in clips.values())
    uris = {name: _embed(wave, original, rate, seconds) for name, (wave, original) in clips.items()}
    trials = [{"id": s.name, "sample": uris[_name(s.clip)], "excerpt": uris[_name(s.excerpt)]} for s in samples]
    test = hashlib.sha256(repr(trials).encode()).hexdigest()[:12]
    page.write(out, page.template("listening.html", title=title, test=test, trials=trials))
    with atomic_write(key) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(KEY_COLUMNS)
        for s in samples:
            writer.writerow([test, s.name, s.system, s.source, s.target, s.clip.utterance, s.excerpt.utterance])
    return test


def _pick(
    name: str, pool: Sequence[tuple[Conversion, Clip]], count: int, generator: np.random.Generator
) -> list[tuple[Conversion, Clip]]:
    """Return ``count`` items of ``pool`` with different clips, drawn at random."""
    chosen: dict[str, tuple[Conversion, Clip]] = {}
    for place in generator.permutation(len(pool)):
        item = pool[place]
        if len(chosen) < count:
            chosen.setdefault(_name(item[1]), item)
    if len(chosen) < count:
        raise AudiolabError(f"listening test: '{name}' has {len(chosen)} utterances, {count} are needed; ask for fewer")
    return list(chosen.values())


def _excerpt(conversion: Conversion, references: DataDir, generator: np.random.Generator) -> Clip:
    """Return another sentence of the target speaker, drawn at random."""
    others = [
        utterance
        for utterance, speaker in sorted(references.table("utt2spk").items())
        if speaker == conversion.target_speaker and sentence_of(utterance) != conversion.sentence
    ]
    if not others:
        raise AudiolabError(
            f"{references.path}: '{conversion.target_speaker}' has no sentence but '{conversion.sentence}'; "
            "a listening test needs another one beside it"
        )
    return Clip(references, others[generator.integers(len(others))])


def _name(clip: Clip) -> str:
    return f"{clip.datadir.path} {clip.utterance}"


def _embed(wave: np.ndarray, original: int, rate: int, seconds: float) -> str:
    cut = audio.excerpt(resample(wave, original, rate), rate, seconds)
    return audio.data_uri(audio.level(cut, rate), rate)
