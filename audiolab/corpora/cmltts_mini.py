"""CML-TTS's mini twin: synthetic readers of Brazilian Portuguese in its folders, 24 kHz.

The first one, a woman, has what a voice is learned of; the corpus's own dev and test sets have others, with little.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from audiolab.config import option
from audiolab.corpora.mini import make_once, run_all
from audiolab.corpora.narrators import PHONE_TIMES, Narrator, Reading, narrate, texts_for
from audiolab.files import atomic_write

FOLDER, RATE = "cml_tts_dataset_{}_v0.1", 24000
SETS = ("train", "dev", "test")
NEEDED = ("wav_filename", "transcript", "client_id")
"""Columns of a table that are read."""

READERS = {"train": ("3050", 0), "dev": ("12710", 1), "test": ("6700", 2)}
"""Set -> its reader, and the number of the voice; even ones are women."""

_BOOK = "2941"
_HEADER = "wav_filename|wav_filesize|transcript|transcript_wav2vec|levenshtein|duration|num_words|client_id"


@dataclass(frozen=True)
class CmlTtsMini:
    """How large the mini corpus is."""

    sentences: int = option(52, "of reader 3050; 2 to 5 s each")
    further: int = option(4, "of each of the two others")

    def __post_init__(self) -> None:
        if min(self.sentences, self.further) < 1:
            raise ValueError("sentences and further must be 1 or more")


def make_mini(out: str | Path, sizes: CmlTtsMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of the sentences and of all that is random about the readers.
        nj: How many readers are spoken at a time; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing; there are not enough sentences; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        readers = {part: Narrator(name, "pt-br", number) for part, (name, number) in READERS.items()}
        counts = {name: sizes.sentences if part == "train" else sizes.further for part, (name, _) in READERS.items()}
        texts = texts_for(list(readers.values()), counts, seed)
        run_all((partial(_write, folder, part, one, texts[one.name], seed) for part, one in readers.items()), nj)

    return make_once(out, "cmltts", sizes, seed, nj, write)


def _write(folder: Path, part: str, reader: Narrator, texts: list[str], seed: int) -> None:
    root = folder / FOLDER.format("portuguese")
    said = {f"{reader.name}_{_BOOK}_{number:06d}": text for number, text in enumerate(texts)}
    files = {name: f"{part}/audio/{reader.name}/{_BOOK}/{name}.wav" for name in said}
    readings = [Reading(root / files[name], f"{reader.name}-{name}", text) for name, text in said.items()]
    narrate(reader, readings, RATE, seed, folder / PHONE_TIMES)
    with atomic_write(root / f"{part}.csv") as file:
        file.write(f"{_HEADER}\n")
        for name, text in said.items():
            size = (root / files[name]).stat().st_size
            seconds, words = (size - 44) / (2 * RATE), len(text.split())
            heard = text.lower().rstrip(".")
            file.write(f"{files[name]}|{size}|{text}|{heard}|1.0|{seconds:.3f}|{words}|{reader.name}\n")
