"""VCTK (Yamagishi, Veaux, MacDonald, doi 10.7488/ds/2645): 110 readers of English with many accents, 48 kHz.

Each reads some 400 sentences: of a newspaper, each reader others, and at the beginning (001 to 024) an elicitation
paragraph and the rainbow passage, which are the same for all. 0.92 has two microphones; p280 and p315 have no second
one, and the texts of p315 are lost. Both versions of the corpus are read (`audiolab.corpora.vctk_layout`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from audiolab.config import option
from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.preparation import Counts, Rate, Speakers
from audiolab.corpora.prepared import Recording, prepare_sets
from audiolab.corpora.transcripts import read_transcript
from audiolab.corpora.vctk_layout import Take, find, of_microphone
from audiolab.corpora.vctk_mini import VctkMini, make_mini
from audiolab.errors import AudiolabError

NAME = "vctk"
"""Of the data dir."""


@dataclass(frozen=True)
class VctkPreparation(Rate, Counts, Speakers):
    """What is taken of the corpus."""

    corpus = "vctk"

    microphone: Literal["mic1", "mic2"] = option("mic1", "whose recordings are taken; 0.80 has mic1 only")
    untranscribed: bool = option(False, "take recordings without a text, too, as p315's are; then there is no text")


def prepare(db_root: str | Path, dest: str | Path, config: VctkPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make ``<dest>/vctk`` of all speakers; `audiolab.bin.select_speakers` makes sets of it.

    Where some recordings have a text, those without one are left out, and it is said; where none has one, all are
    taken.

    Args:
        db_root: Where the folders of `vctk_layout` lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: what is taken by default.
        nj: Processes that read headers.

    Returns:
        The data dir, validated; with ``text``, ``utt2lang`` and ``spk2gender``.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config, found = config or VctkPreparation(), find(db_root)
    takes = of_microphone(found.takes, config.microphone)
    _tell_left_out(found.takes, takes, f"recording of {config.microphone}")
    taken = [take for take in takes if take.utterance in found.texts or config.untranscribed or not found.texts]
    if not taken:
        raise AudiolabError(f"{db_root}: there are texts, but of none of the recordings; give --untranscribed true")
    _tell_left_out(takes, taken, "text")
    recordings = [
        Recording(take.path, take.speaker, take.utterance, "en", gender=found.genders.get(take.speaker))
        for take in taken
    ]
    chosen = config.fewer(config.of_speakers({NAME: recordings}))[NAME]
    told = [replace(recording, text=_text(found.texts.get(recording.utterance))) for recording in chosen]
    return prepare_sets(dest, {NAME: told}, nj=nj, preparation=config)


def _text(path: Path | None) -> str | None:
    """Return a recording's text, None where there is no file of it; raise where the file is empty."""
    text = read_transcript(path) if path else None
    if text == "":
        raise AudiolabError(f"{path}: empty; write what is said, or remove it, and the recording is left out")
    return text


def _tell_left_out(all_takes: Sequence[Take], taken: Sequence[Take], lack: str) -> None:
    """Log how many recordings are left out for what they lack, and speakers of whom nothing is left."""
    left = len({take.utterance for take in all_takes}) - len(taken)
    gone = sorted({take.speaker for take in all_takes} - {take.speaker for take in taken})
    if left:
        logging.info(
            "%s: %d recordings left out, that have no %s%s", NAME, left, lack,
            f"; nothing is left of {' '.join(gone)}" if gone else "",
        )  # fmt: skip


CORPUS = Corpus(
    name="vctk",
    license="CC BY 4.0",
    homepage="https://doi.org/10.7488/ds/2645",
    files=(
        # DataShare tells size and MD5 of its file; torchaudio 2.11 has the SHA-256
        RemoteFile(
            "https://datashare.ed.ac.uk/bitstream/handle/10283/3443/VCTK-Corpus-0.92.zip",
            "VCTK-Corpus-0.92.zip",
            sha256="f96258be9fdc2cbff6559541aae7ea4f59df3fcaf5cf963aae5ca647357e359c",
            md5="8a6ba2946b36fcbef0212cad601f4bfa",
            size=11_747_302_977,
        ),
    ),
    preparation=VctkPreparation,
    prepare=prepare,
    mini=VctkMini,
    make_mini=make_mini,
)
