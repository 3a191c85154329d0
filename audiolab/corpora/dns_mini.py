"""The DNS challenge's mini twin: synthetic readers of seven languages and noises of ten kinds in its own folders."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from audiolab.config import option
from audiolab.corpora.dns_layout import LANGUAGES
from audiolab.corpora.dns_names import Voiced, audioset_name, english_speakers, foreign_speakers, freesound_name
from audiolab.corpora.mini import make_once, run_all
from audiolab.corpora.noises import KINDS, make_noise
from audiolab.corpora.readers import RATE, choose, gender_of, make_reader, read_aloud
from audiolab.datadir.audiowrite import write_audio
from audiolab.text.sentences import sentences_in
from audiolab.waiting import told

_LEVELS = (-34.0, -20.0)
"""Range of the noises' levels, dB of full scale."""

_PAUSE = np.zeros(round(0.2 * RATE))
_PAIRS_A_READER = 4


@dataclass(frozen=True)
class DnsMini:
    """How large the mini corpus is."""

    speakers: int = option(40, "of each of the six languages; a fifth of them for validation, a fifth for the test")
    sentences: int = option(2, "of each of them; 2 to 5 s each")
    english_speakers: int = option(40, "of English read speech, divided alike")
    english_sentences: int = option(2, "of each of them")
    noises: int = option(120, "of ten kinds in turn; a sixth of them for validation, a sixth for the test")
    seconds: list[float] = option(lambda: [6.0, 10.0], "shortest and longest noise", "s")
    pairs: int = option(10, "of the synthetic test set without reverberation")

    def __post_init__(self) -> None:
        if min(self.speakers, self.english_speakers) < 3 or self.noises < 12:
            raise ValueError("speakers and english_speakers must be 3 or more and noises 12 or more, to fill all sets")
        if min(self.sentences, self.english_sentences, self.pairs) < 1:
            raise ValueError("sentences, english_sentences and pairs must be 1 or more")
        if len(self.seconds) != 2 or not 2 <= self.seconds[0] <= self.seconds[1]:
            raise ValueError(f"seconds are a shortest length of 2 or more and a longest, not {self.seconds}")


def make_mini(out: str | Path, sizes: DnsMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of the choice of sentences and of everything else that is random in it.
        nj: How many speakers are spoken at a time; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing; there are not enough texts; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        datasets = folder / "datasets"
        run_all(_speech(datasets, sizes, seed), nj)
        _write_noises(datasets / "noise", sizes, seed)

    return make_once(out, "dns", sizes, seed, nj, write)


def _speech(datasets: Path, sizes: DnsMini, seed: int) -> Iterator[Callable[[], None]]:
    """Yield what is to be done for each speaker.

    They are numbered through all languages: a language has few of espeak-ng's voices, all languages together have all,
    in training too, so that the voices of the test are not of a kind that no training speaker has.
    """
    counter = itertools.count()
    groups = [(lang, foreign_speakers(folder, lang, _counts(sizes.speakers))) for folder, lang in LANGUAGES.items()]
    for language, speakers in [*groups, ("en", english_speakers(_counts(sizes.english_speakers)))]:
        count = sizes.english_sentences if language == "en" else sizes.sentences
        for speaker, number in zip(speakers, counter):
            yield partial(_write_speaker, datasets / "clean", speaker, language, number, count, seed)
    for first in range(0, sizes.pairs, _PAIRS_A_READER):
        numbers = range(first, min(first + _PAIRS_A_READER, sizes.pairs))
        yield partial(_write_pairs, datasets / "test_set" / "synthetic" / "no_reverb", numbers, seed)


def _counts(speakers: int) -> dict[str, int]:
    held_out = max(1, speakers // 5)
    return {"train": speakers - 2 * held_out, "valid": held_out, "test": held_out}


def _write_speaker(clean: Path, voiced: Voiced, language: str, number: int, count: int, seed: int) -> None:
    rng = np.random.default_rng([seed, number, *voiced.speaker.encode()])
    reader = make_reader(voiced.speaker, language, number, rng)
    recordings = read_aloud(reader, choose(sentences_in(language), count, rng), seed)
    gender = {"f": "female", "m": "male"}[gender_of(number)]
    for sentence, samples in enumerate(recordings, 1):
        write_audio(clean / voiced.path.format(gender=gender, number=sentence), samples, RATE)


def _write_noises(folder: Path, sizes: DnsMini, seed: int) -> None:
    for number in told(range(sizes.noises), "noises"):
        turn, index = divmod(number, len(KINDS))
        held_out = ("valid", "test")[(turn // 2 + index) % 2]
        part = held_out if turn % 2 else "train"
        kind = sorted(KINDS)[index]
        rng = np.random.default_rng([seed, number, *b"noise"])
        wave = make_noise(kind, rng, round(rng.uniform(*sizes.seconds) * RATE), RATE, rng.uniform(*_LEVELS))
        name = audioset_name(number, part) if number % 3 == 0 else f"{freesound_name(kind, number, part)}_0"
        write_audio(folder / f"{name}.wav", wave, RATE)


def _write_pairs(folder: Path, numbers: range, seed: int) -> None:
    """Write the pairs of one reader, mixed as by the challenge's synthesiser: SNR and level in whole dB."""
    rng = np.random.default_rng([seed, numbers[0], *b"pairs"])
    reader = make_reader(f"clnsp{numbers[0]}", "en", 3 + numbers[0], rng)
    recordings = read_aloud(reader, choose(sentences_in("en"), 2 * len(numbers), rng), seed)
    for number, first, second in zip(numbers, recordings[::2], recordings[1::2]):
        clean = np.concatenate([first, _PAUSE, second])
        kind = sorted(KINDS)[number % len(KINDS)]
        noise = make_noise(kind, rng, len(clean), RATE, -25.0)
        snr, level = int(rng.integers(0, 20)), int(rng.integers(-35, -15))
        noisy = clean + noise * (np.std(clean) / np.std(noise) * 10 ** (-snr / 20))
        gain = min(10 ** (level / 20) / np.std(noisy), 0.99 / np.max(np.abs([noisy, clean])))
        name = f"{reader.name}_{freesound_name(kind, number, 'train')}_1_snr{snr}_tl{level}_fileid_{3 * number}.wav"
        write_audio(folder / "noisy" / name, gain * noisy, RATE)
        write_audio(folder / "clean" / f"clean_fileid_{3 * number}.wav", gain * clean, RATE)
