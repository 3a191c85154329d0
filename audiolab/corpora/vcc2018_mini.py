"""VCC2018's mini twin: synthetic speech in the corpus's own folders.

Two source speakers of the spoke task (sentences 20001, …) and the four targets (10001, …), so that no source says in
training what a target says; all say the evaluation sentences 30001, …: the sources for conversion, the targets as
parallel references. Which text is which sentence depends on the seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from audiolab.config import option
from audiolab.corpora.mini import make_once, run_all
from audiolab.corpora.speakers import Speaker, record
from audiolab.corpora.vcc2018_parts import EVALUATION, write_dev_sentences
from audiolab.datadir.audiowrite import write_audio
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.text.espeak import Voice
from audiolab.text.sentences import sentences_in

SPEAKERS = (
    Speaker("VCC2SF4", Voice("en-us", "f1"), pitch=50, rate=170, tract=1.00),
    Speaker("VCC2SM4", Voice("en-us", "m3"), pitch=50, rate=165, tract=1.00),
    Speaker("VCC2TF1", Voice("en-us", "f4"), pitch=60, rate=160, tract=1.08),
    Speaker("VCC2TF2", Voice("en-us", "steph"), pitch=50, rate=175, tract=0.97),
    Speaker("VCC2TM1", Voice("en-us", "m7"), pitch=50, rate=160, tract=0.93),
    Speaker("VCC2TM2", Voice("en-us", "m4"), pitch=65, rate=175, tract=1.08),
)
"""Apart by 4 dB or more in their mean log-mel envelopes; median F0 from 99 to 215 Hz."""


@dataclass(frozen=True)
class Vcc2018Mini:
    """How large the mini corpus is."""

    train_sentences: int = option(24, "for each speaker; 3 s each or so")
    eval_sentences: int = option(8, "for each speaker, to report on")
    dev_sentences: int = option(4, "for each speaker, to make choices on; the evaluation sentences behind the others")

    def __post_init__(self) -> None:
        if min(self.train_sentences, self.eval_sentences) < 1 or self.dev_sentences < 0:
            raise ValueError("train_sentences and eval_sentences must be 1 or more, dev_sentences 0 or more")


def make_mini(out: str | Path, sizes: Vcc2018Mini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of the choice of sentences and of all that is random about the speakers.
        nj: How many speakers are spoken at a time; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing; there are not enough texts; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        texts = _deal_texts(seed, sizes.train_sentences, sizes.eval_sentences + sizes.dev_sentences)
        dev = [number for number in texts if number >= EVALUATION + sizes.eval_sentences]
        write_dev_sentences(folder, dev)
        for number, text in texts.items():
            with atomic_write(folder / "scripts" / f"{number}.txt") as file:
                file.write(f"{text}\n")
        run_all((partial(_write_speaker, folder, speaker, texts, dev, seed) for speaker in SPEAKERS), nj)

    return make_once(out, "vcc2018", sizes, seed, nj, write)


def _deal_texts(seed: int, train: int, evaluation: int) -> dict[int, str]:
    """Return the text of each sentence id: hub 10001, …; spoke 20001, …; evaluation 30001, …."""
    lines = sentences_in("en")
    if 2 * train + evaluation > len(lines):
        wanted = f"2 x {train} training and {evaluation} evaluation sentences"
        raise AudiolabError(f"mini vcc2018: {wanted} are asked for, there are {len(lines)}")
    dealt = iter(np.random.default_rng(seed).permutation(len(lines)))
    starts = ((10001, train), (20001, train), (EVALUATION, evaluation))
    return {number: lines[next(dealt)] for start, count in starts for number in range(start, start + count)}


def _write_speaker(folder: Path, speaker: Speaker, texts: dict[int, str], dev: list[int], seed: int) -> None:
    places = dict(_places(speaker.name, texts))
    first = [texts[number] for number in places if number not in dev]
    recordings, rate = record(speaker, first, seed, [texts[number] for number in dev])
    for (number, place), samples in zip(places.items(), recordings):
        write_audio(folder / place / speaker.name / f"{number}.wav", samples, rate)


def _places(speaker: str, texts: dict[int, str]) -> Iterator[tuple[int, str]]:
    """Yield (sentence id, folder) of all that a speaker reads, as VCC2018 has it."""
    source = speaker.startswith("VCC2S")
    training = "2" if source else "1"
    for number in texts:
        if str(number).startswith(training):
            yield number, "vcc2018_training"
        elif str(number).startswith("3"):
            yield number, "vcc2018_evaluation" if source else "vcc2018_reference"
