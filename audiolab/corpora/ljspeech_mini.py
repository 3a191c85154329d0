"""LJSpeech's mini twin: a synthetic woman reads American English, in the corpus's folder, 22.05 kHz."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.listed import METADATA
from audiolab.corpora.mini import make_once
from audiolab.corpora.narrators import PHONE_TIMES, Narrator, Reading, Sentences, narrate, texts_for
from audiolab.files import atomic_write

FOLDER, SPEAKER, RATE = "LJSpeech-1.1", "LJ", 22050


@dataclass(frozen=True)
class LJSpeechMini(Sentences):
    """How large the mini corpus is."""


def make_mini(out: str | Path, sizes: LJSpeechMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of the sentences and of all that is random about the reader.
        nj: Changes nothing; there is one reader.

    Raises:
        AudiolabError: espeak-ng is missing; there are not enough sentences; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        reader, root = Narrator(SPEAKER, "en-us", 0), folder / FOLDER
        texts = texts_for([reader], {SPEAKER: sizes.sentences}, seed)[SPEAKER]
        said = {f"{SPEAKER}001-{number:04d}": text for number, text in enumerate(texts, 1)}
        readings = [Reading(root / "wavs" / f"{name}.wav", name, text) for name, text in said.items()]
        narrate(reader, readings, RATE, seed, folder / PHONE_TIMES)
        with atomic_write(root / METADATA) as file:
            file.writelines(f"{name}|{text}|{text}\n" for name, text in said.items())

    return make_once(out, "ljspeech", sizes, seed, nj, write)
