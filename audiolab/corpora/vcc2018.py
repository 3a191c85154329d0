"""The Voice Conversion Challenge 2018's corpus (Lorenzo-Trueba et al., Odyssey 2018, doi 10.7488/ds/2337).

English, studio, 22.05 kHz mono 16 bit. Eight source speakers (VCC2S…) and four targets (VCC2T…), 81 training sentences
each. Hub task: sources SF1, SF2, SM1, SM2 read what the targets read (10001, …: parallel). Spoke task: sources SF3,
SF4, SM3, SM4 read other sentences (20001, …: not parallel). Evaluation: 30001, … by all sources, to be converted, and
by the targets, as references.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audiolab.config import option
from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.preparation import Speakers
from audiolab.corpora.prepared import Recording, prepare_sets, read_speech
from audiolab.corpora.transcripts import read_transcript
from audiolab.corpora.vcc2018_layout import SETS, Take, check_complete, find_takes
from audiolab.corpora.vcc2018_mini import Vcc2018Mini, make_mini
from audiolab.corpora.walk import walk
from audiolab.errors import AudiolabError

ADDRESS = "https://datashare.ed.ac.uk/bitstream/handle/10283/3061"


@dataclass(frozen=True)
class Vcc2018Preparation(Speakers):
    """What is taken of the corpus."""

    corpus = "vcc2018"

    max_train_sentences: int = option(0, "of a speaker, the first so many; 0: all")

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative count."""
        super().__post_init__()
        self._check_counts("max_train_sentences")

    def first_sentences(self, takes: Sequence[Take]) -> list[Take]:
        """Return each speaker's first training sentences; ``takes`` are sorted."""
        by_speaker = itertools.groupby(takes, key=lambda take: take.speaker)
        return [take for _, own in by_speaker for take in list(own)[: self.max_train_sentences or None]]


def prepare(db_root: str | Path, dest: str | Path, config: Vcc2018Preparation | None = None, nj: int = 1) -> list[Path]:
    """Make ``<dest>/train``, ``<dest>/eval`` (the sources') and ``<dest>/ref`` (the targets') of the corpus's folders.

    Args:
        db_root: Where the folders of `vcc2018_layout` lie, at any depth; paths in ``wav.scp`` begin with it as given.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: all.
        nj: Processes that read the recordings.

    Returns:
        The three data dirs, validated.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config = config or Vcc2018Preparation()
    found = find_takes(db_root)
    sets = config.of_speakers({name: [take for take in found if take.set == name] for name in SETS.values()})
    check_complete([take for members in sets.values() for take in members])
    sets["train"] = config.first_sentences(sets["train"])
    transcripts = _find_transcripts(Path(db_root), {t.sentence for members in sets.values() for t in members})
    recordings = {}
    for name, members in sets.items():
        _check_order([take.speaker for take in sorted(members, key=lambda take: take.utterance)])
        recordings[name] = [
            Recording(t.path, t.speaker, t.utterance, t.language, transcripts.get(t.sentence), t.gender)
            for t in members
        ]
    return prepare_sets(dest, recordings, nj=nj, preparation=config, read=read_speech)


def _check_order(speakers: Sequence[str]) -> None:
    """Raise unless the speakers of utterances in byte order are in byte order, too (Kaldi's tools need both)."""
    for first, second in itertools.pairwise(speakers):
        if first > second:
            raise AudiolabError(
                f"speaker folders '{second}' and '{first}': with '_' behind them they sort the other way round; "
                "rename them to names of the same length, as spk01 and spk10"
            )


def _find_transcripts(db_root: Path, sentences: set[str]) -> dict[str, str]:
    """Return the text of each sentence that has a ``<sentence>.txt`` anywhere below ``db_root``."""
    texts: dict[str, str] = {}
    for folder, names in walk(db_root):
        for name in names:
            sentence, ending = name.rsplit(".", 1) if "." in name else (name, "")
            if ending.lower() != "txt" or sentence not in sentences:
                continue
            words = read_transcript(folder / name)
            if texts.setdefault(sentence, words) != words:
                raise AudiolabError(
                    f"{folder / name}: another text of sentence {sentence} is elsewhere; keep one of them"
                )
    return texts


CORPUS = Corpus(
    name="vcc2018",
    license="CC BY 4.0",
    homepage="https://doi.org/10.7488/ds/2337",
    files=tuple(
        RemoteFile(f"{ADDRESS}/{name}", name)  # the publisher states neither checksums nor exact sizes
        for name in (
            "vcc2018_database_training.zip",
            "vcc2018_database_evaluation.zip",
            "vcc2018_database_reference.zip",
            "vcc2018_database_evaluation_transcriptions.tar.gz",
        )
    ),
    preparation=Vcc2018Preparation,
    prepare=prepare,
    mini=Vcc2018Mini,
    make_mini=make_mini,
)
