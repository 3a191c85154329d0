"""The Voice Conversion Challenge 2018's corpus (Lorenzo-Trueba et al., Odyssey 2018, doi 10.7488/ds/2337).

English, studio, 22.05 kHz mono 16 bit. Eight source speakers (VCC2S…) and four targets (VCC2T…), 81 training sentences
each. Hub task: sources SF1, SF2, SM1, SM2 read what the targets read (10001, …: parallel). Spoke task: sources SF3,
SF4, SM3, SM4 read other sentences (20001, …: not parallel). Evaluation: 30001, … by all sources, to be converted, and
by the targets, as references.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from pathlib import Path

from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.prepared import check_data_dir, header_tables
from audiolab.corpora.vcc2018_layout import Recording, check_complete, find_recordings, speaker_traits
from audiolab.corpora.vcc2018_mini import Vcc2018Mini, make_mini
from audiolab.corpora.walk import walk
from audiolab.datadir.audio import excerpt_of
from audiolab.datadir.audiofile import open_audio
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.headers import Header
from audiolab.errors import AudiolabError
from audiolab.textfile import decode, read_bytes
from audiolab.work import each, processes

ADDRESS = "https://datashare.ed.ac.uk/bitstream/handle/10283/3061"


def prepare(db_root: str | Path, dest: str | Path, nj: int = 1) -> list[Path]:
    """Make ``<dest>/train``, ``<dest>/eval`` (the sources') and ``<dest>/ref`` (the targets') of the corpus's folders.

    Args:
        db_root: Where the folders of `vcc2018_layout` lie, at any depth; paths in ``wav.scp`` begin with it as given.
        dest: The recipe's ``data`` folder.
        nj: Processes that read the recordings.

    Returns:
        The three data dirs, validated.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    recordings = find_recordings(db_root)
    check_complete(recordings)
    transcripts = _find_transcripts(Path(db_root), {recording.sentence for recording in recordings})
    sets = {name: [r for r in recordings if r.set == name] for name in ("train", "eval", "ref")}
    tables = {name: _tables(name, members, transcripts, nj) for name, members in sets.items()}
    paths = []
    for name, members in sets.items():
        path = Path(dest) / name
        write_data_dir(path, tables[name], replace=True)
        check_data_dir(path)
        speakers = sorted({recording.speaker for recording in members})
        logging.info("%s: %d utterances of %d speakers: %s", path, len(members), len(speakers), " ".join(speakers))
        paths.append(path)
    return paths


def _tables(
    name: str, recordings: Sequence[Recording], transcripts: dict[str, str], nj: int
) -> dict[str, dict[str, str]]:
    by_utterance: dict[str, Recording] = {}
    for recording in recordings:
        utterance = f"{recording.speaker}_{recording.sentence}"
        earlier = by_utterance.setdefault(utterance, recording)
        if earlier is not recording:
            raise AudiolabError(f"{recording.path}: the same id, '{utterance}', as {earlier.path}; rename one of them")
    utt2spk = {utterance: by_utterance[utterance].speaker for utterance in sorted(by_utterance)}
    _check_order(utt2spk)
    tables = {
        "wav.scp": {utterance: str(recording.path) for utterance, recording in by_utterance.items()},
        "utt2spk": utt2spk,
        **header_tables(_headers(by_utterance, nj)),
    }
    traits = {speaker: speaker_traits(speaker) for speaker in utt2spk.values()}
    if all(traits.values()):
        tables["spk2gender"] = {speaker: gender for speaker, (_, gender) in traits.items()}
        tables["utt2lang"] = dict.fromkeys(utt2spk, "en")
    else:
        other = sorted(speaker for speaker, known in traits.items() if known is None)
        logging.info("%s: no spk2gender and utt2lang, for %s are not VCC2018's speakers", name, " ".join(other))
    text = {utterance: transcripts.get(recording.sentence, "") for utterance, recording in by_utterance.items()}
    without = sum(not words for words in text.values())
    if without:
        logging.info("%s: no text, for %d of %d utterances have no transcript", name, without, len(text))
    else:
        tables["text"] = text
    return tables


def _check_order(utt2spk: dict[str, str]) -> None:
    """Raise where utterances in byte order would not have their speakers in byte order (Kaldi's tools need both)."""
    for first, second in itertools.pairwise(utt2spk.values()):
        if first > second:
            raise AudiolabError(
                f"speaker folders '{second}' and '{first}': with '_' behind them they sort the other way round; "
                "rename them to names of the same length, as spk01 and spk10"
            )


def _headers(recordings: dict[str, Recording], nj: int) -> dict[str, Header]:
    """Return the headers; every file is read, so that no later stage stumbles over a broken one."""
    with processes(nj):
        found = dict(zip(recordings, each(_read, [recording.path for recording in recordings.values()])))
    faults = [header for header in found.values() if isinstance(header, str)]
    if faults:
        more = f" (and {len(faults) - 1} more broken files)" if len(faults) > 1 else ""
        raise AudiolabError(faults[0] + more)
    rates = {header.rate for header in found.values()}
    if len(rates) > 1:
        logging.warning("recordings of several sampling rates: %s Hz", ", ".join(map(str, sorted(rates))))
    return found


def _read(path: Path) -> Header:
    with open_audio(path) as recording:
        excerpt_of(recording, allow_silent=False)
        return Header(recording.samples, recording.rate, 1, path.stat().st_size)


def _find_transcripts(db_root: Path, sentences: set[str]) -> dict[str, str]:
    """Return the text of each sentence that has a ``<sentence>.txt`` anywhere below ``db_root``."""
    texts: dict[str, str] = {}
    for folder, names in walk(db_root):
        for name in names:
            sentence, ending = name.rsplit(".", 1) if "." in name else (name, "")
            if ending.lower() != "txt" or sentence not in sentences:
                continue
            words = _read_transcript(folder / name)
            if texts.setdefault(sentence, words) != words:
                raise AudiolabError(
                    f"{folder / name}: another text of sentence {sentence} is elsewhere; keep one of them"
                )
    return texts


def _read_transcript(path: Path) -> str:
    """Return a transcript's words; one that is not UTF-8 is taken for Windows's Western encoding, and said so."""
    data = read_bytes(path, "this transcript")
    try:
        return " ".join(decode(data, path).split())
    except AudiolabError as error:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise error from None
        if "\0" in text:
            raise
    logging.warning("%s: not UTF-8, read as Windows-1252", path)
    return " ".join(text.split())


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
    prepare=prepare,
    mini=Vcc2018Mini,
    make_mini=make_mini,
)
