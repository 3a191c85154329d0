"""TTS-Portuguese (Casanova et al., 2022): a man reads Brazilian Portuguese, 10.5 h, 48 kHz, noise removed by RNNoise.

``texts.csv`` with lines ``wavs/<name>.wav==<text>``, and these files beside it. A few are listed twice with different
texts: these are left out.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.edges import Edges
from audiolab.corpora.held_out import HeldOut
from audiolab.corpora.listed import folder_with, listed_recordings
from audiolab.corpora.preparation import Rate
from audiolab.corpora.prepared import Recording, clean_id, prepare_sets
from audiolab.corpora.ttsportuguese_mini import SPEAKER, TABLE, TtsPortugueseMini, make_mini
from audiolab.errors import AudiolabError
from audiolab.textfile import read_lines

EXPECTED = "TTS-Portuguese-Corpus/texts.csv beside wavs/<name>.wav"


@dataclass(frozen=True)
class TtsPortuguesePreparation(Rate, HeldOut, Edges):
    """What is taken of the corpus."""

    corpus = "ttsportuguese"


def prepare(
    db_root: str | Path, dest: str | Path, config: TtsPortuguesePreparation | None = None, nj: int = 1
) -> list[Path]:
    """Make ``<dest>/ttsportuguese_{train,dev,test}``.

    Args:
        db_root: The folder of ``texts.csv``, or one around it.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: what is taken by default.
        nj: Processes that read headers.

    Returns:
        The data dirs, validated; with ``text``, ``utt2lang`` and ``spk2gender``.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config, folder = config or TtsPortuguesePreparation(), folder_with(db_root, TABLE, EXPECTED)
    texts = _texts(folder / TABLE)
    found = listed_recordings(folder / "wavs", texts)
    if not found:
        raise AudiolabError(f"{folder}: no recordings with a text in wavs/; expected {EXPECTED}")
    recordings = [
        Recording(path, SPEAKER, f"{SPEAKER}-{clean_id(name)}", "pt-br", texts[name], "m")
        for name, path in found.items()
    ]
    sets = config.trimmed(config.divide("ttsportuguese", recordings), nj)
    return prepare_sets(dest, sets, nj=nj, preparation=config)


def _texts(path: Path) -> dict[str, str]:
    """Return name of a recording, without ending -> text."""
    texts: dict[str, set[str]] = {}
    for number, line in enumerate(read_lines(path, "this table of texts"), 1):
        name, _, text = line.partition("==")
        if line.strip() and not (name.strip() and text.strip()):
            raise AudiolabError(f"{path}:{number}: not wavs/<name>.wav==<text>; correct or remove the line")
        if line.strip():
            texts.setdefault(Path(name.strip()).stem, set()).add(" ".join(text.split()))
    unclear = [name for name, said in texts.items() if len(said) > 1]
    if unclear:
        logging.info("%s: left out: listed with different texts: %d, as '%s'", path, len(unclear), unclear[0])
    return {name: said.pop() for name, said in texts.items() if len(said) == 1}


CORPUS = Corpus(
    name="ttsportuguese",
    license="CC BY 4.0",
    homepage="https://github.com/Edresson/TTS-Portuguese-Corpus",
    files=(  # the publisher states no sum
        RemoteFile(
            "https://www.dropbox.com/s/ohpc7epowv9ct7o/TTS-Portuguese-Corpus.zip?dl=1", "TTS-Portuguese-Corpus.zip"
        ),
    ),
    preparation=TtsPortuguesePreparation,
    prepare=prepare,
    mini=TtsPortugueseMini,
    make_mini=make_mini,
)
