"""M-AILABS's mini twin: synthetic readers of seven languages in its folders, 16 kHz, half a second of silence around.

The paper's roles are there: a woman of each language, a man besides for American and for British English (M-AILABS
itself seems to have no British man), and a woman of the language that is adapted to, Polish. As in M-AILABS, a line
has no recording, a recording no line, and a hidden file of macOS lies beside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from audiolab.config import option
from audiolab.corpora.listed import METADATA
from audiolab.corpora.mailabs_layout import REGIONS
from audiolab.corpora.mini import make_once, run_all
from audiolab.corpora.narrators import PHONE_TIMES, Narrator, Reading, narrate, texts_for
from audiolab.files import atomic_write

RATE = 16000
EDGES = (0.4, 0.6)
"""Seconds of silence at either end, as the corpus has it."""

READERS = (
    ("en_US", "female", "judy_bieber", "sky_island"),
    ("en_US", "male", "elliot_miller", "silent_bullet"),
    ("en_UK", "female", "elizabeth_klett", "jane_eyre"),
    ("en_UK", "male", "british_man", "a_book"),
    ("fr_FR", "female", "ezwa", "l_epouvante"),
    ("it_IT", "female", "lisa_caputo", "malavoglia"),
    ("de_DE", "female", "ramona_deininger", "tom_sawyer"),
    ("es_ES", "female", "karen_savage", "angelina"),
    ("pl_PL", "female", "nina_brown", "saragossie"),
)
ADAPTED = ("pl_PL",)


@dataclass(frozen=True)
class MailabsMini:
    """How large the mini corpus is."""

    sentences: int = option(72, "of each of the 8 speakers; 2 to 5 s each")
    adaptation_sentences: int = option(52, "of the Polish one")

    def __post_init__(self) -> None:
        if min(self.sentences, self.adaptation_sentences) < 1:
            raise ValueError("sentences and adaptation_sentences must be 1 or more")


def make_mini(out: str | Path, sizes: MailabsMini, seed: int = 0, nj: int = 1) -> Path:
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
        narrators = _narrators()
        counts = {name: sizes.adaptation_sentences if region in ADAPTED else sizes.sentences
                  for region, _, name, _ in READERS}  # fmt: skip
        texts = texts_for(narrators, counts, seed)
        jobs = zip(READERS, narrators)
        run_all((partial(_write, folder, *job, texts[job[1].name], seed) for job in jobs), nj)

    return make_once(out, "mailabs", sizes, seed, nj, write)


def _narrators() -> list[Narrator]:
    """Return the readers; women have even voices, men odd ones."""
    numbers = {"female": iter(range(0, 99, 2)), "male": iter(range(1, 99, 2))}
    return [Narrator(name, REGIONS[region], next(numbers[gender])) for region, gender, name, _ in READERS]


def _write(folder: Path, reader: tuple[str, str, str, str], narrator: Narrator, texts: list[str], seed: int) -> None:
    region, gender, name, title = reader
    book = folder / region / "by_book" / gender / name / title
    ids = [f"{title}_01_f{number:06d}" for number in range(1, len(texts) + 1)]
    readings = [Reading(book / "wavs" / f"{one}.wav", f"{name}-{one}", text) for one, text in zip(ids, texts)]
    narrate(narrator, readings, RATE, seed, folder / PHONE_TIMES, EDGES)
    _write_table(book, dict(zip(ids, texts)), title)


def _write_table(book: Path, texts: Mapping[str, str], title: str) -> None:
    """Write ``metadata.csv``, with a line that has no recording, and one of macOS's files."""
    with atomic_write(book / METADATA) as file:
        file.writelines(f"{one}|{text}|{text}\n" for one, text in texts.items())
        file.write(f"{title}_02_f000001|{title}|{title}\n")
    with atomic_write(book / "wavs" / f"._{next(iter(texts))}.wav") as file:
        file.write("Mac OS X\n")
