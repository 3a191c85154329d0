"""CMU ARCTIC's mini twin: synthetic speakers of American English who read the same, in its folders, 16 kHz."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from audiolab.corpora.mini import make_once, run_all
from audiolab.corpora.narrators import PHONE_TIMES, Narrator, Reading, Sentences, narrate, texts_for
from audiolab.files import atomic_write

FOLDER, PROMPTS, RATE = "cmu_us_{}_arctic", "etc/txt.done.data", 16000

SPEAKERS = ("slt", "bdl")
"""A woman and a man."""


@dataclass(frozen=True)
class ArcticMini(Sentences):
    """How large the mini corpus is."""


def make_mini(out: str | Path, sizes: ArcticMini, seed: int = 0, nj: int = 1) -> Path:
    """Write the mini corpus into the folder ``out``, unless it is there already; the same arguments, the same bytes.

    Args:
        out: The folder; made whole or not at all.
        sizes: How large.
        seed: Of the sentences and of all that is random about the speakers.
        nj: How many speakers are spoken at a time; changes nothing else.

    Raises:
        AudiolabError: espeak-ng is missing; there are not enough sentences; ``out`` holds something else.
    """

    def write(folder: Path) -> None:
        speakers = [Narrator(name, "en-us", number) for number, name in enumerate(SPEAKERS)]
        texts = texts_for(speakers[:1], {SPEAKERS[0]: sizes.sentences}, seed)[SPEAKERS[0]]
        run_all((partial(_write, folder, speaker, texts, seed) for speaker in speakers), nj)

    return make_once(out, "arctic", sizes, seed, nj, write)


def _write(folder: Path, speaker: Narrator, texts: list[str], seed: int) -> None:
    root = folder / FOLDER.format(speaker.name)
    said = {f"arctic_a{number:04d}": text for number, text in enumerate(texts, 1)}
    readings = [Reading(root / "wav" / f"{name}.wav", f"{speaker.name}-{name}", text) for name, text in said.items()]
    narrate(speaker, readings, RATE, seed, folder / PHONE_TIMES)
    with atomic_write(root / PROMPTS) as file:
        file.writelines(f'( {name} "{text}" )\n' for name, text in said.items())
