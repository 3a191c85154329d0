"""What is heard in a listening test of voice conversion: utterances in the versions of all systems, drawn at random."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.names import sentence_of
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.metrics.scores import UNTRAINED
from audiolab.report.listening import NATURAL, Pool, Sample
from audiolab.report.players import Clip
from audiolab.tasks.runs import Run
from audiolab.tasks.vc.conversions import Conversion, check_references, read_conversions

LISTENED = 15
"""The most samples that a listener rates, as in the SoftGAN paper's §4.2."""


def draw(
    systems: Mapping[str, Sequence[DataDir]],
    sources: DataDir,
    references: DataDir,
    utterances: int,
    seed: int,
    leave_out: Collection[str] = (),
) -> Pool:
    """Draw utterances, of each pair of speakers as many or one more, and give each in the versions of all systems.

    Args:
        systems: Name -> data dirs of converted speech, as `read_conversions` takes them.
        sources: What was converted.
        references: The targets' recordings, two sentences of each or more.
        utterances: The most that are drawn, of those that all systems have converted.
        seed: Same seed and data, same samples in the same order.
        leave_out: Systems that are not heard, ``source`` and ``target`` among them.

    Raises:
        AudiolabError: There is no utterance that all systems have, a system has the name of another, or is unknown.
    """
    if set(systems) & set(NATURAL):
        raise AudiolabError("listening test: 'source' and 'target' are the recordings; call the system something else")
    names = [*systems, *NATURAL]
    for name in leave_out:
        if name not in names:
            raise AudiolabError(f"--leave_out: there is no system '{name}'{did_you_mean(name, names)}")
    heard = [name for name in names if name not in leave_out]
    if not set(heard) - set(NATURAL):
        raise AudiolabError("--leave_out: no converting system is left")
    generator = np.random.default_rng(seed)
    converted = {
        name: {_what(c): c for d in datadirs for c in _compared(d, sources, references)}
        for name, datadirs in systems.items()
        if name in heard
    }
    common = set.intersection(*map(set, converted.values()))
    if not common:
        raise AudiolabError(f"listening test: no utterance was converted by all of {', '.join(converted)}")
    chosen = _choose(sorted(common), utterances, generator)
    ids = iter(generator.permutation(16**5 - 16**4)[: len(chosen) * len(heard)] + 16**4)
    return [_versions(what, heard, converted, references, generator, ids) for what in chosen]


def _compared(made: DataDir, sources: DataDir, references: DataDir) -> list[Conversion]:
    """Return the conversions to other speakers that have a reference; raises where none has."""
    found = [c for c in read_conversions(made, sources, references) if c.pair[0] != c.pair[1]]
    check_references(found, references)
    return [conversion for conversion in found if conversion.has_reference]


def _what(conversion: Conversion) -> tuple[str, str, str]:
    """Return what tells an utterance, whichever system converted it: the pair of speakers and the source's id."""
    return *conversion.pair, conversion.source.utterance


def _choose(
    common: Sequence[tuple[str, str, str]], count: int, generator: np.random.Generator
) -> list[tuple[str, str, str]]:
    """Return ``count`` utterances, or all: pairs of speakers in turn, then in random order."""
    mixed = [common[place] for place in generator.permutation(len(common))]
    taken: dict[tuple[str, str], int] = {}
    turns = []
    for what in mixed:
        taken[what[:2]] = taken.get(what[:2], -1) + 1
        turns.append((taken[what[:2]], what))
    first = [what for _, what in sorted(turns, key=lambda item: item[0])][:count]
    return [first[place] for place in generator.permutation(len(first))]


def _versions(
    what: tuple[str, str, str],
    heard: Sequence[str],
    converted: Mapping[str, Mapping[tuple[str, str, str], Conversion]],
    references: DataDir,
    generator: np.random.Generator,
    ids: Iterator[int],
) -> list[Sample]:
    """Return an utterance's samples, one for each system."""
    some = next(iter(converted.values()))[what]
    excerpt = _excerpt(some, references, generator)
    natural = {"source": some.source, "target": some.reference}
    clips = {name: natural.get(name) or converted[name][what].made for name in heard}
    return [Sample(f"{next(ids):05x}", name, what[0], what[1], clip, excerpt) for name, clip in clips.items()]


def _excerpt(conversion: Conversion, references: DataDir, generator: np.random.Generator) -> Clip:
    """Return another sentence of the target speaker, drawn at random."""
    others = [
        utterance
        for utterance, speaker in sorted(references.table("utt2spk").items())
        if speaker == conversion.pair[1] and sentence_of(utterance) != conversion.sentence
    ]
    if not others:
        raise AudiolabError(
            f"{references.path}: '{conversion.pair[1]}' has no sentence but '{conversion.sentence}'; "
            "a listening test needs another one beside it"
        )
    return Clip(references, others[generator.integers(len(others))])


def scored_systems(runs: Sequence[Run]) -> dict[str, list[DataDir]]:
    """Return name -> data dirs of the systems that were trained, of their first seed, as a list of runs has them."""
    trained = [run for run in runs if run.seed != UNTRAINED]
    if not trained:
        raise AudiolabError("--scored: no system of this list was trained; there is nothing to listen to")
    named: dict[str, list[DataDir]] = {}
    for run in trained:
        if run.seed == trained[0].seed:
            named.setdefault(run.system, []).append(DataDir(run.dir))
    return named


def samples_of(systems: Mapping[str, Sequence[DataDir]], leave_out: Collection[str] = ()) -> int:
    """Return how many samples a listener rates: `LISTENED`, or so few that no utterance comes twice if it need not."""
    versions = len({*systems, *NATURAL} - set(leave_out))
    counts = [sum(len(made.utterances) for made in dirs) for name, dirs in systems.items() if name not in leave_out]
    return max(versions, min([LISTENED, *counts]))
