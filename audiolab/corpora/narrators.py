"""Synthetic narrators in many languages, for the mini corpora of speech synthesis, and when they say what.

The phones' true times, as espeak-ng tells them, are kept beside a corpus, in ``phone_times/<speaker>.ctm``: to score an
aligner. Nothing is prepared from them or trained on them. A line is ``<utterance> 1 <begin> <duration> <phone>``, in
seconds, without gaps: ``sil`` at both ends, ``pau`` for a pause. What is shorter than a pause, as the closure before a
plosive, belongs to the phone behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr

from audiolab.config import option
from audiolab.corpora.speakers import EDGE_SECONDS, Take, record_phones
from audiolab.corpora.voices import make_voice
from audiolab.datadir.audiowrite import write_audio
from audiolab.files import atomic_write
from audiolab.text.espeak import language_files
from audiolab.text.sentences import composed_sentences, sentence_languages, sentences_in

PHONE_TIMES = "phone_times"

SHORTEST_PAUSE = 0.1
"""Seconds. espeak-ng's gaps within a phrase are up to 0.075 s at its own rate, those at a comma 0.15 s."""


@dataclass(frozen=True)
class Narrator:
    """Who reads.

    Attributes:
        name: As in ``utt2spk``.
        language: Its code, as ``en-gb``.
        number: Of the voice, as `make_voice` has it: even numbers are women, odd ones men.
    """

    name: str
    language: str
    number: int


@dataclass(frozen=True)
class Sentences:
    """Sizes of a mini corpus all of whose narrators read as much."""

    sentences: int = option(40, "of each speaker; 2 to 5 s each")

    def __post_init__(self) -> None:
        if self.sentences < 1:
            raise ValueError("sentences must be 1 or more")


class Reading(NamedTuple):
    """A sentence that is read: into which file, its id as the data dir has it, and what is said."""

    path: Path
    utterance: str
    text: str


def texts_for(narrators: Sequence[Narrator], counts: Mapping[str, int], seed: int) -> dict[str, list[str]]:
    """Return (narrator's name -> sentences) so that no two narrators of a list of sentences have one in common.

    Args:
        narrators: Who reads.
        counts: Narrator's name -> how many sentences.
        seed: Of the choice.

    Raises:
        AudiolabError: There are not so many sentences in a language.
    """
    texts = {}
    for language in dict.fromkeys(narrator.language[:2] for narrator in narrators):
        readers = [narrator.name for narrator in narrators if narrator.language[:2] == language]
        needed = sum(counts[name] for name in readers)
        rng = np.random.default_rng([seed, *language.encode()])
        known = sentences_in(language) if language in sentence_languages() else []
        known += composed_sentences(language, max(0, needed - len(known)), rng)
        mixed = iter([known[place] for place in rng.permutation(len(known))])
        texts |= {name: [next(mixed) for _ in range(counts[name])] for name in readers}
    return texts


def narrate(
    narrator: Narrator,
    readings: Sequence[Reading],
    rate: int,
    seed: int,
    times: Path,
    edges: tuple[float, float] = EDGE_SECONDS,
) -> None:
    """Write what a narrator reads, and when its phones are said.

    Args:
        narrator: Who reads.
        readings: What, and into which files.
        rate: Of the recordings, Hz.
        seed: Of the voice, the room and the sentence-wise variation.
        times: Folder of ``<narrator>.ctm``.
        edges: Shortest and longest silence at either end, seconds.

    Raises:
        AudiolabError: espeak-ng is missing or fails; a file cannot be written.
    """
    rng = np.random.default_rng([seed, *narrator.name.encode()])
    voice = make_voice(narrator.name, language_files()[narrator.language], narrator.number, rng)
    takes, own = record_phones(voice, [reading.text for reading in readings], seed, edges)
    with atomic_write(times / f"{narrator.name}.ctm") as file:
        for reading, take in zip(readings, takes):
            write_audio(reading.path, soxr.resample(take.wave, own, rate, quality="VHQ"), rate)
            file.writelines(f"{reading.utterance} 1 {line}\n" for line in phone_lines(take, own))


def phone_lines(take: Take, rate: int) -> list[str]:
    """Return ``<begin> <duration> <phone>`` of all that a recording at a rate (Hz) has, from 0 to its end."""
    names, ends = ["sil"], [take.phones[0][1]]
    for number, (symbol, begin, end) in enumerate(take.phones):
        if number and begin - ends[-1] >= SHORTEST_PAUSE:
            names.append("pau")
            ends.append(begin)
        names.append(symbol)
        ends.append(end)
    bounds = np.round([0.0, *ends, len(take.wave) / rate], 4)
    return [f"{begin:.4f} {end - begin:.4f} {name}" for begin, end, name in zip(bounds, bounds[1:], [*names, "sil"])]
