"""What is heard in a preference test of speech synthesis: sentences that two systems spoke, drawn at random."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.metrics.scores import AS_IS
from audiolab.report.players import Clip
from audiolab.report.preferences import Pair
from audiolab.tasks.runs import Run

Voice = tuple[str, ...]
"""Language and speaker."""


def draw(
    runs: Sequence[Run],
    comparisons: Sequence[tuple[str, str]],
    sentences: int,
    generator: np.random.Generator,
    languages: Sequence[str] = (),
) -> list[Pair]:
    """Draw the pairs of a test, in the order in which they are to be heard.

    Of each comparison and voice that both systems have, ``sentences`` are drawn, or all where there are fewer; in half
    of them the second system is heard first. Those of a language follow each other, for their listeners are others.

    Args:
        runs: The list of what was scored; of a system and a voice the run that is listed first is heard.
        comparisons: Pairs of systems, A and B.
        sentences: The most of a comparison and a voice.
        generator: Draws sentences, which one is heard first, and the order.
        languages: Those that are heard; none: all.

    Raises:
        AudiolabError: A system is not in the list, a comparison has one system twice or no voice of both, or two
            systems have no utterance in common.
    """
    made: dict[str, dict[Voice, str]] = {}
    for run in runs:
        if run.dir != AS_IS:
            made.setdefault(run.system, {}).setdefault(run.group, run.dir)
    pairs = [pair for a, b in comparisons for pair in _compared(made, a, b, sentences, generator, languages)]
    mixed = [pairs[place] for place in generator.permutation(len(pairs))]
    return sorted(mixed, key=lambda pair: pair.language)


def parse_comparisons(words: Sequence[str]) -> list[tuple[str, str]]:
    """Return the comparisons that ``A:B`` texts name; `AudiolabError` where one is not of this form."""
    found = []
    for text in words:
        a, colon, b = text.partition(":")
        if not (a and colon and b) or a == b:
            raise AudiolabError(f"--compare: '{text}' is not A:B, two systems")
        found.append((a, b))
    return found


def _compared(
    made: Mapping[str, Mapping[Voice, str]],
    a: str,
    b: str,
    sentences: int,
    generator: np.random.Generator,
    languages: Sequence[str],
) -> Iterator[Pair]:
    for name in (a, b):
        if name not in made:
            raise AudiolabError(f"--compare {a}:{b}: no system '{name}' is listed{did_you_mean(name, made)}")
    voices = [v for v in sorted(made[a]) if v in made[b] and (not languages or v[0] in languages)]
    if not voices:
        raise AudiolabError(f"--compare {a}:{b}: there is no voice that both of them have")
    for voice in voices:
        dirs = DataDir(made[a][voice]), DataDir(made[b][voice])
        common = sorted(set.intersection(*(_spoken(datadir, voice) for datadir in dirs)))
        if not common:
            raise AudiolabError(f"{dirs[0].path} and {dirs[1].path}: have no utterance of {' '.join(voice)} in common")
        chosen = [common[place] for place in generator.permutation(len(common))[:sentences]]
        which = generator.integers(2)  # else of an odd number one more would always begin with A
        swapped = generator.permutation(len(chosen)) % 2 == which
        texts = dirs[0].table("text") if dirs[0].has("text") else {}
        for name, turned in zip(chosen, swapped):
            clips = Clip(dirs[0], name), Clip(dirs[1], name)
            yield Pair(*voice, a, b, clips, texts.get(name, ""), bool(turned))


def _spoken(datadir: DataDir, voice: Voice) -> set[str]:
    """Return the utterances of a voice in a data dir."""
    languages, speakers = datadir.table("utt2lang"), datadir.table("utt2spk")
    return {name for name in speakers if (languages.get(name), speakers[name]) == voice}
