"""LibriSpeech's mini twin: synthetic English readers in the corpus's own folders, FLAC at 16 kHz."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from audiolab.config import option
from audiolab.corpora.mini import make_once, run_all
from audiolab.corpora.readers import RATE, choose, gender_of, make_reader, read_aloud
from audiolab.datadir.audiowrite import write_audio
from audiolab.files import atomic_write
from audiolab.text.sentences import sentences_in


@dataclass(frozen=True)
class LibriSpeechMini:
    """How large the mini corpus is."""

    train_speakers: int = option(18, "of train-clean-360")
    valid_speakers: int = option(2, "of dev-clean")
    test_speakers: int = option(2, "of test-clean")
    utterances: int = option(8, "of each speaker; 2 to 5 s each")

    def __post_init__(self) -> None:
        if min(self.train_speakers, self.valid_speakers, self.test_speakers, self.utterances) < 1:
            raise ValueError("speakers of each set and utterances must be 1 or more")


def make_mini(out: str | Path, sizes: LibriSpeechMini, seed: int = 0, nj: int = 1) -> Path:
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
        speakers = list(_speakers(sizes))
        rows = [f"{name:<5}| {gender_of(k).upper()} | {subset:<17}| 0.50 | Reader {name}"
                for k, (subset, name) in enumerate(speakers)]  # fmt: skip
        with atomic_write(folder / "LibriSpeech" / "SPEAKERS.TXT") as file:
            file.write("\n".join([";ID  |SEX| SUBSET           |MINUTES| NAME", *rows, ""]))
        run_all(
            (partial(_write_speaker, folder, subset, name, number, sizes.utterances, seed)
             for number, (subset, name) in enumerate(speakers)),
            nj,
        )  # fmt: skip

    return make_once(out, "librispeech", sizes, seed, nj, write)


def _speakers(sizes: LibriSpeechMini) -> Iterator[tuple[str, str]]:
    """Yield (subset, speaker)."""
    counts = (
        ("train-clean-360", 100, sizes.train_speakers),
        ("dev-clean", 2000, sizes.valid_speakers),
        ("test-clean", 5000, sizes.test_speakers),
    )
    for subset, first, count in counts:
        yield from ((subset, str(first + 17 * number)) for number in range(count))


def _write_speaker(folder: Path, subset: str, name: str, number: int, utterances: int, seed: int) -> None:
    rng = np.random.default_rng([seed, number, *b"librispeech"])
    sentences = choose(sentences_in("en"), utterances, rng)
    recordings = read_aloud(make_reader(name, "en", number, rng), sentences, seed)
    chapter = str(100000 + 31 * number)
    place = folder / "LibriSpeech" / subset / name / chapter
    ids = [f"{name}-{chapter}-{count:04d}" for count in range(utterances)]
    for utterance, samples in zip(ids, recordings):
        write_audio(place / f"{utterance}.flac", samples, RATE)
    with atomic_write(place / f"{name}-{chapter}.trans.txt") as file:
        file.writelines(f"{i} {re.sub('[^A-Z ]', '', text.upper())}\n" for i, text in zip(ids, sentences))
