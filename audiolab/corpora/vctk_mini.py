"""VCTK's mini twin: synthetic readers in the folders of its version 0.92, FLAC at espeak-ng's 22.05 kHz.

All read some sentences of the rainbow passage, under the numbers that these have in VCTK, and then each reads others,
from 025 on. As in VCTK, p280 has no second microphone, and p315 neither that nor texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import scipy  # its signal is loaded at the first use, and preparing a corpus has none

from audiolab.config import option
from audiolab.corpora.mini import make_once, run_all
from audiolab.corpora.readers import choose, gender_of
from audiolab.corpora.speakers import LEVEL, colour, record
from audiolab.corpora.voices import make_voice
from audiolab.datadir.audiowrite import write_audio
from audiolab.files import atomic_write
from audiolab.text.rainbow import RAINBOW, shortest_sentences
from audiolab.text.sentences import sentences_in

FOLDER = "VCTK-Corpus-0.92"
NO_MIC2, NO_TEXT = "p280", "p315"
_FIRST_OWN = 25
_MIC2_NOISE_DB = -45.0
"""Level of the second microphone's own noise, dB re the speech."""

_COMMENTS = {NO_MIC2: "(mic2 files unavailable)", NO_TEXT: "(Text and mic2 files unavailable)"}


@dataclass(frozen=True)
class VctkMini:
    """How large the mini corpus is."""

    speakers: int = option(24, "with texts, p280 among them; 2 to 100; p315, who has none, comes on top")
    shared: int = option(10, "sentences of the rainbow passage, the shortest ones, that all read; 1 to 19")
    own: int = option(12, "further sentences of each; 2 to 5 s each")

    def __post_init__(self) -> None:
        if not 2 <= self.speakers <= 100 or not 1 <= self.shared <= len(RAINBOW) or self.own < 1:
            raise ValueError(f"speakers must be 2 to 100, shared 1 to {len(RAINBOW)}, own 1 or more")


def make_mini(out: str | Path, sizes: VctkMini, seed: int = 0, nj: int = 1) -> Path:
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
        names = speaker_names(sizes.speakers)
        rows = [f"{name}  22  {gender_of(number).upper()}    Synthetic    espeak-ng {_COMMENTS.get(name, '')}".rstrip()
                for number, name in enumerate(names)]  # fmt: skip
        with atomic_write(folder / FOLDER / "speaker-info.txt") as file:
            file.write("\n".join(["ID  AGE  GENDER  ACCENTS  REGION COMMENTS ", *rows, ""]))
        run_all(
            (partial(_write_speaker, folder / FOLDER, name, number, sizes, seed) for number, name in enumerate(names)),
            nj,
        )

    return make_once(out, "vctk", sizes, seed, nj, write)


def speaker_names(count: int) -> list[str]:
    """Return the names of ``count`` speakers with texts, p280 among them, and p315."""
    usual = [name for name in (f"p{225 + number}" for number in range(count + 2)) if name not in (NO_MIC2, NO_TEXT)]
    return sorted([*usual[: count - 1], NO_MIC2, NO_TEXT])


def _write_speaker(folder: Path, name: str, number: int, sizes: VctkMini, seed: int) -> None:
    rng = np.random.default_rng([seed, number, *b"vctk"])
    voice = make_voice(name, "en-us", number, rng)
    own = choose(sentences_in("en"), sizes.own, rng)
    texts = shortest_sentences(sizes.shared) | dict(enumerate(own, _FIRST_OWN))
    recordings, rate = record(voice, list(texts.values()), seed)
    response = colour(rng, rate)
    for (sentence, text), wave in zip(texts.items(), recordings):
        utterance = f"{name}_{sentence:03d}"
        place = folder / "wav48_silence_trimmed" / name
        write_audio(place / f"{utterance}_mic1.flac", wave, rate)
        if name not in (NO_MIC2, NO_TEXT):
            write_audio(place / f"{utterance}_mic2.flac", _second_microphone(wave, response, rng), rate)
        if name != NO_TEXT:
            with atomic_write(folder / "txt" / name / f"{utterance}.txt") as file:
                file.write(f"{text}\n")


def _second_microphone(wave: np.ndarray, response: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return what another microphone hears of a recording, [N]: another response, and noise of its own."""
    heard = scipy.signal.fftconvolve(wave, response, mode="same")
    heard += rng.standard_normal(len(heard)) * 10 ** ((LEVEL + _MIC2_NOISE_DB) / 20)
    return heard * min(1.0, 0.95 / np.max(np.abs(heard)))
