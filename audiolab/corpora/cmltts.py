"""CML-TTS (Oliveira et al., TSD 2023, openslr.org/146): books of LibriVox read in seven languages, 24 kHz.

``cml_tts_dataset_<language>_v0.1/{train,dev,test}.csv``, which name ``train/audio/<speaker>/<book>/….wav`` and others.
The corpus's own sets have no speaker in common; as a voice is learned of one speaker, they are taken as one here, and
sentences of each speaker are kept out. Portuguese counts as Brazilian, though some of its readers are of Portugal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audiolab.config import option
from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.cmltts_mini import FOLDER, NEEDED, SETS, CmlTtsMini, make_mini
from audiolab.corpora.edges import Edges
from audiolab.corpora.held_out import HeldOut
from audiolab.corpora.listed import tell_left_out
from audiolab.corpora.preparation import Languages, Rate, Speakers, check_known
from audiolab.corpora.prepared import Recording, clean_id, prepare_sets
from audiolab.corpora.walk import walk
from audiolab.errors import AudiolabError
from audiolab.textfile import read_lines

EXPECTED = f"{FOLDER.format('<language>')}/{{train,dev,test}}.csv beside train/audio/<speaker>/<book>/<name>.wav"

LANGUAGES = {
    "dutch": ("nl", "56e11612ffea33282eced3d499cbb1ca"),
    "french": ("fr-fr", "410f8e144fa1a5c8e771b08b2e555a9b"),
    "german": ("de", "263782ee31981b101c29d09b058361e2"),
    "italian": ("it", "bb6160b8ee968ac8caa5a32ec4bd91ba"),
    "polish": ("pl", "88e6ead2d4df5f29e080d7cd37dcdbdd"),
    "portuguese": ("pt-br", "8c877a4be0eb41f275497609df5a114c"),
    "spanish": ("es", "afdd6c348d8d1ee693ea7fcf2ea57b9c"),
}
"""Name in the folder and in the archive -> language, and the archive's MD5 as the publisher states it."""

_LANGUAGE = re.compile(r"cml_tts_dataset_([a-z]+)(?:_v[\d.]+)?")


@dataclass(frozen=True)
class CmlTtsPreparation(Rate, HeldOut, Edges, Languages, Speakers):
    """What is taken of the corpus."""

    corpus = "cmltts"

    languages: list[str] = option(lambda: ["pt-br"], "only these, by the codes that utt2lang has; empty: all")
    gender: Literal["unknown", "f", "m"] = option(
        "unknown", "of all speakers that are taken, which the corpus does not tell: with it there is spk2gender"
    )


def unneeded(config: CmlTtsPreparation) -> set[str]:
    """Return the archives, without ending, of the languages that are not chosen."""
    wanted = config.wanted(code for code, _ in LANGUAGES.values())
    return {FOLDER.format(name) for name, (code, _) in LANGUAGES.items() if code not in wanted}


def prepare(db_root: str | Path, dest: str | Path, config: CmlTtsPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make ``<dest>/cmltts_{train,dev,test}``, each of all the languages and speakers that are taken.

    Args:
        db_root: Where the languages' folders lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: what is taken by default.
        nj: Processes that read headers.

    Returns:
        The data dirs, validated; with ``text``, ``utt2lang`` and, where ``gender`` is given, ``spk2gender``.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config, root = config or CmlTtsPreparation(), Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {EXPECTED} lies")
    tables = {folder / f"{part}.csv": found[1] for folder, names in walk(root) for part in SETS
              if f"{part}.csv" in names and (found := _LANGUAGE.fullmatch(folder.name))}  # fmt: skip
    if not tables:
        raise AudiolabError(f"{root}: no tables of texts; expected {EXPECTED}")
    unknown = next((path for path, name in tables.items() if name not in LANGUAGES), None)
    if unknown:
        raise AudiolabError(f"{unknown}: no language of CML-TTS; its folder is to be named as {EXPECTED}")
    codes = {path: LANGUAGES[name][0] for path, name in tables.items()}
    languages = config.wanted(codes.values())
    recordings = [one for path, code in codes.items() if code in languages for one in _recordings(path, code, config)]
    check_known("speakers", config.speakers, (one.speaker for one in recordings))
    recordings = [one for one in recordings if not config.speakers or one.speaker in config.speakers]
    sets = config.trimmed(config.divide("cmltts", recordings, config.speakers), nj)
    return prepare_sets(dest, sets, nj=nj, preparation=config)


def _recordings(path: Path, language: str, config: CmlTtsPreparation) -> Iterator[Recording]:
    """Yield a table's recordings."""
    header, *lines = read_lines(path, "this table of texts") or [""]
    columns = header.split("|")
    lacking = [name for name in NEEDED if name not in columns]
    if lacking:
        raise AudiolabError(f"{path}:1: no column {lacking[0]} in the header; get the corpus again")
    gender = None if config.gender == "unknown" else config.gender
    missing = []
    for number, line in enumerate(lines, 2):
        row = dict(zip(columns, cells := line.split("|")))
        if len(cells) != len(columns) or not all(row[name].strip() for name in NEEDED):
            raise AudiolabError(f"{path}:{number}: not {len(columns)} columns, or an empty one; correct the line")
        audio = path.parent / row["wav_filename"]
        if not audio.is_file():
            missing.append(row["wav_filename"])
            continue
        speaker = clean_id(row["client_id"].strip())
        utterance, text = f"{speaker}-{clean_id(audio.stem)}", " ".join(row["transcript"].split())
        yield Recording(audio, speaker, utterance, language, text, gender, where=f"{path}:{number}")
    tell_left_out(path, missing)


CORPUS = Corpus(
    name="cmltts",
    license="CC BY 4.0",
    homepage="https://www.openslr.org/146/",
    files=tuple(
        RemoteFile(
            f"https://www.openslr.org/resources/146/{FOLDER.format(name)}.tar.bz",
            f"{FOLDER.format(name)}.tar.bz",
            md5=md5,
        )
        for name, (_, md5) in LANGUAGES.items()
    ),
    preparation=CmlTtsPreparation,
    prepare=prepare,
    mini=CmlTtsMini,
    make_mini=make_mini,
    unneeded=unneeded,
)
