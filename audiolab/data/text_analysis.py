"""The texts of data dirs, analysed: phones, labels without times, and which phones languages have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from audiolab.datadir.datadir import DataDir, withdraw_tables
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError
from audiolab.files import replaced_together
from audiolab.text.context import contexts_of
from audiolab.text.labels import Labels, format_labels
from audiolab.text.phonemes import phonemise
from audiolab.text.structure import BOUNDARY, Utterance, utterance_of
from audiolab.text.unit_utterances import utterance_of_units
from audiolab.text.units import Units
from audiolab.work import each, processes

FOLDER = "lab"
"""Of labels, in a data dir."""

_BATCH = 64
"""Texts that espeak-ng is started for."""


def analyse(datadir: DataDir, units: Units | None = None, nj: int = 1) -> None:
    """Write what the texts of a data dir say: ``lab/``, ``lab.scp`` and ``phones``.

    Args:
        datadir: With ``text`` and ``utt2lang``.
        units: Take these in place of phones.
        nj: Processes.

    Raises:
        AudiolabError: A table is missing; a text has no word, or a phone that is unknown: names the first such
            utterance, and how many there are.
    """
    names = datadir.utterances
    texts, languages = (datadir.values(table, names) for table in ("text", "utt2lang"))
    by_language: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for utterance, language, text in zip(names, languages, texts):
        by_language[language].append((utterance, text))
    batches = [
        (language, items[begin : begin + _BATCH])
        for language, items in sorted(by_language.items())
        for begin in range(0, len(items), _BATCH)
    ]
    with processes(nj), replaced_together(datadir.path / FOLDER) as folder:
        found = each(_analyse_batch, batches, units, str(folder))
        lines = {name: line for batch in found for name, line in _whole(batch, datadir.path).items()}
        wrong = [line for line in lines.values() if isinstance(line, AudiolabError)]
        if wrong:
            raise AudiolabError(f"{datadir.path}: {len(wrong)} of {len(lines)} texts cannot be analysed: {wrong[0]}")
        withdraw_tables(datadir.path, ("lab.scp", "phones"))
    write_table(datadir.path / "lab.scp", {name: f"{datadir.path / FOLDER / name}.lab" for name in lines})
    write_table(datadir.path / "phones", lines)


def _whole(batch: dict[str, str | AudiolabError] | str, path: Path) -> dict[str, str | AudiolabError]:
    """Return what a batch gave; raises the error that ended it."""
    if isinstance(batch, str):
        raise AudiolabError(f"{path}: {batch}")
    return batch


def _analyse_batch(
    batch: tuple[str, Sequence[tuple[str, str]]], units: Units | None, folder: str
) -> dict[str, str | AudiolabError]:
    """Write the labels of utterances of one language; return utterance -> its line of phones, or what is wrong."""
    language, items = batch
    found: dict[str, str | AudiolabError] = {}
    for (name, _), utterance in zip(items, _utterances(language, [text for _, text in items], units)):
        if isinstance(utterance, AudiolabError):
            found[name] = AudiolabError(f"{name}: {utterance}")
            continue
        found[name] = " ".join(utterance.line())
        with open(Path(folder) / f"{name}.lab", "w", encoding="utf-8", newline="") as file:
            file.write(format_labels(Labels(contexts_of(utterance))))
    return found


def _utterances(language: str, texts: Sequence[str], units: Units | None) -> Sequence[Utterance | AudiolabError]:
    """Return the structure of each text, or what is wrong with it."""
    try:
        if units is not None:
            return [utterance_of_units(text, units) for text in texts]
        return [utterance_of(words, language) for words in phonemise(texts, language)]
    except AudiolabError as error:
        if len(texts) == 1:
            return [error]
    return [utterance for text in texts for utterance in _utterances(language, [text], units)]


def phones_of(datadirs: Sequence[DataDir]) -> dict[str, set[str]]:
    """Return language -> the segments that its utterances have in ``phones``; raises where tables are missing."""
    found: dict[str, set[str]] = defaultdict(set)
    for datadir in datadirs:
        lines = datadir.table("phones")
        for language, line in zip(datadir.values("utt2lang", lines), lines.values()):
            found[language].update(line.split())
    return {language: symbols - {BOUNDARY} for language, symbols in found.items()}
