"""The mini twin of WHAM!'s noises: synthetic places with people in the corpus's own folders, 16 kHz, two channels.

Each set has talkers, and sentences, of its own.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiolab.config import option
from audiolab.corpora.ambience import PLACES, make_ambience
from audiolab.corpora.mini import make_once
from audiolab.corpora.readers import RATE, make_reader, read_aloud
from audiolab.datadir.audiowrite import write_audio
from audiolab.text.sentences import sentences_in

_TALKERS = 8
_UTTERANCES = 5
_LEVELS = (-36.0, -24.0)
"""Range of the noises' levels, dB of full scale."""


@dataclass(frozen=True)
class WhamMini:
    """How large the mini corpus is."""

    train: int = option(60, "noises in tr")
    valid: int = option(12, "noises in cv")
    test: int = option(6, "noises in tt")
    seconds: list[float] = option(lambda: [6.0, 10.0], "shortest and longest noise", "s")

    def __post_init__(self) -> None:
        if min(self.train, self.valid, self.test) < 1:
            raise ValueError("train, valid and test must be 1 or more")
        if len(self.seconds) != 2 or not 2 <= self.seconds[0] <= self.seconds[1]:
            raise ValueError(f"seconds are a shortest length of 2 or more and a longest, not {self.seconds}")


def make_mini(out: str | Path, sizes: WhamMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of everything that is random in it.
        nj: How many talkers are spoken at a time; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        for number, (name, count) in enumerate((("tr", sizes.train), ("cv", sizes.valid), ("tt", sizes.test))):
            crowd = _crowd(number, seed, nj)
            for place in range(count):
                rng = np.random.default_rng([seed, number, place, *b"wham"])
                _write_noise(folder / "wham_noise" / name, place, crowd, sizes, rng)

    return make_once(out, "wham", sizes, seed, nj, write)


def _crowd(number: int, seed: int, nj: int) -> list[list[np.ndarray]]:
    """Return some utterances of each talker of the set ``number``; no sentence is in two sets."""
    sentences = sentences_in("en")[number::3]

    def speak(talker: int) -> list[np.ndarray]:
        rng = np.random.default_rng([seed, number, talker, *b"crowd"])
        speaker = make_reader(f"talker{talker}", "en", number * _TALKERS + talker, rng)
        chosen = [sentences[index] for index in rng.permutation(len(sentences))[:_UTTERANCES]]
        return read_aloud(speaker, chosen, seed)

    with ThreadPoolExecutor(nj) as pool:
        return list(pool.map(speak, range(_TALKERS)))


def _write_noise(
    folder: Path, number: int, crowd: list[list[np.ndarray]], sizes: WhamMini, rng: np.random.Generator
) -> None:
    kind = sorted(PLACES)[number % len(PLACES)]
    samples = round(rng.uniform(*sizes.seconds) * RATE)
    wave = make_ambience(kind, crowd, rng, samples, RATE, rng.uniform(*_LEVELS))
    gain = rng.uniform(0, 2.5)  # a name of WHAM!'s is that of the mixture of WSJ0 for which the noise is meant
    name = f"{number:03d}a010{kind[0]}_{gain:.4f}_{number + 1:03d}o031a_{-gain:.4f}"
    write_audio(folder / f"{name}.wav", wave, RATE)
