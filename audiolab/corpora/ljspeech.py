"""LJSpeech 1.1 (Ito and Johnson, 2017): a woman reads seven books in American English, 24 h, 22.05 kHz.

``LJSpeech-1.1/metadata.csv`` and ``wavs/<id>.wav``; the utterances have the corpus's ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.edges import Edges
from audiolab.corpora.held_out import HeldOut
from audiolab.corpora.listed import METADATA, folder_with, listed_recordings, read_metadata
from audiolab.corpora.ljspeech_mini import FOLDER, SPEAKER, LJSpeechMini, make_mini
from audiolab.corpora.preparation import Rate
from audiolab.corpora.prepared import Recording, prepare_sets
from audiolab.errors import AudiolabError

EXPECTED = "LJSpeech-1.1/metadata.csv beside wavs/<id>.wav"


@dataclass(frozen=True)
class LJSpeechPreparation(Rate, HeldOut, Edges):
    """What is taken of the corpus."""

    corpus = "ljspeech"


def prepare(
    db_root: str | Path, dest: str | Path, config: LJSpeechPreparation | None = None, nj: int = 1
) -> list[Path]:
    """Make ``<dest>/ljspeech_{train,dev,test}``.

    Args:
        db_root: The folder of ``metadata.csv``, or one around it.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: what is taken by default.
        nj: Processes that read headers.

    Returns:
        The data dirs, validated; with ``text``, ``utt2lang`` and ``spk2gender``.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config, folder = config or LJSpeechPreparation(), folder_with(db_root, METADATA, EXPECTED)
    texts = read_metadata(folder / METADATA)
    found = listed_recordings(folder / "wavs", texts)
    for name, path in found.items():
        if not name.startswith(SPEAKER):
            raise AudiolabError(f"{path}: '{name}' does not begin with {SPEAKER}, as LJSpeech's ids do; rename it")
    if not found:
        raise AudiolabError(f"{folder}: no recordings with a text in wavs/; expected {EXPECTED}")
    recordings = [Recording(path, SPEAKER, name, "en-us", texts[name], "f") for name, path in found.items()]
    sets = config.trimmed(config.divide("ljspeech", recordings), nj)
    return prepare_sets(dest, sets, nj=nj, preparation=config)


CORPUS = Corpus(
    name="ljspeech",
    license="public domain",
    homepage="https://keithito.com/LJ-Speech-Dataset/",
    files=(  # torchaudio 2.11 has the SHA-256
        RemoteFile(
            "https://data.keithito.com/data/speech/LJSpeech-1.1.tar.bz2",
            f"{FOLDER}.tar.bz2",
            sha256="be1a30453f28eb8dd26af4101ae40cbf2c50413b1bb21936cbcdc6fae3de8aa5",
            size=2_748_572_632,
        ),
    ),
    preparation=LJSpeechPreparation,
    prepare=prepare,
    mini=LJSpeechMini,
    make_mini=make_mini,
)
