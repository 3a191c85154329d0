"""Data dirs of a corpus's recordings: ids, durations by the files' headers, and that all is right before it is written.

Ids are made of the corpus's own names, composed as Unicode's NFC: what is neither letter, mark, digit, ``_`` nor ``.``
becomes ``_``, and ``-`` stands between speaker and recording. As ``-`` sorts before all of these, sorting by utterance
sorts by speaker too. Two names that would give one id are refused.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from audiolab.corpora.preparation import Preparation
from audiolab.corpora.walk import check_name
from audiolab.datadir.audio import excerpt_of
from audiolab.datadir.audiofile import open_audio
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.entry import entry_of
from audiolab.datadir.headers import TABLE, Header, header_of, read_header
from audiolab.datadir.names import id_problem
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.work import each, processes

_NAMED = 5
"""How many broken files an error names."""

PREPARED = "prepared.yaml"
"""What a data dir keeps about its preparation."""

_LFS_POINTER = b"version https://git-lfs.github.com/"


@dataclass(frozen=True)
class Recording:
    """One recording of a corpus.

    Attributes:
        path: Where it lies.
        speaker: Whose it is; for noise, what is to be kept together.
        utterance: Its id, which begins with ``speaker``.
        language: As in ``utt2lang``; None for noise.
        text: What is said; None where the corpus does not tell.
        gender: The speaker's, ``f`` or ``m``; None where the corpus does not tell.
        where: What lists it, such as a table and its line; begins messages about it.
        channel: The channel that is meant, from 0; None for all.
        span: From when to when (s) it is taken, which ``segments`` tells; None for the whole. All of a set or none.
    """

    path: Path
    speaker: str
    utterance: str
    language: str | None = None
    text: str | None = None
    gender: str | None = None
    where: str = ""
    channel: int | None = None
    span: tuple[float, float] | None = None

    @property
    def entry(self) -> str:
        """What stands in ``wav.scp``."""
        return entry_of(self.path, channel=self.channel)

    def place(self, path: Path | None = None) -> str:
        """Return what begins a message about it, or about the file ``path`` that belongs to it."""
        path = path or self.path
        return f"{self.where}: {path}" if self.where else str(path)


def clean_id(name: str) -> str:
    """Return a corpus's name as an id may be.

    >>> clean_id("--9VR F7(2)")
    '__9VR_F7_2_'
    """
    composed = unicodedata.normalize("NFC", name)
    return re.sub(r"[^\w.]", lambda odd: odd[0] if unicodedata.category(odd[0])[0] == "M" else "_", composed)


class Ids:
    """Makes ids of names by `clean_id`, and refuses to give two names one id."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, str]] = {}

    def of(self, name: str, where: str) -> str:
        """Return the id of a name.

        Args:
            name: As the corpus, or a table, has it.
            where: What has it, for messages.

        Raises:
            AudiolabError: Another name has this id already.
        """
        made, composed = clean_id(name), unicodedata.normalize("NFC", name)
        earlier, place = self._names.setdefault(made, (composed, where))
        if earlier != composed:
            raise AudiolabError(
                f"{where}: '{name}' would have the id '{made}', which '{earlier}' of {place} has; rename one of them"
            )
        return made


def prepare_sets(
    dest: str | Path,
    sets: Mapping[str, Sequence[Recording]],
    further: Mapping[str, Mapping[str, Mapping[str, Path]]] | None = None,
    nj: int = 1,
    preparation: Preparation | None = None,
    read: Callable[[str, str], Header] = read_header,
) -> list[Path]:
    """Write the data dir ``<dest>/<set>`` for each set, all of them checked before the first is written.

    Args:
        dest: The recipe's ``data`` folder.
        sets: The recordings of each set, chosen already as far as their names tell.
        further: For a set, further signals of its utterances: name of the table -> utterance -> path. They must have
            the length and rate of the recordings.
        nj: Processes that read headers.
        preparation: Says which recordings fit by their headers; each data dir keeps it as ``prepared.yaml``.
        read: ``(entry, what begins a message about it) -> header``: `read_header`, or `read_speech`, which reads all.

    Returns:
        The data dirs, in the order of ``sets``.

    Raises:
        AudiolabError: Two recordings with one id; files that are broken, with their names; signals that do not fit; a
            set of whose recordings none fits.
    """
    tables = {
        name: _tables(name, recordings, (further or {}).get(name, {}), partial(_headers, nj=nj, read=read), preparation)
        for name, recordings in sets.items()
    }
    settings = settings_of(preparation) if preparation else {}
    paths = []
    for name, contents in tables.items():
        path = Path(dest) / name
        write_data_dir(path, contents, replace=True, settings=settings)
        check_data_dir(path)
        logging.info("%s: %s", path, _extent(name, contents))
        paths.append(path)
    return paths


def read_speech(entry: str, where: str = "") -> Header:
    """Return the header of a file of one channel all of which was read, so that no later stage stumbles over it.

    Raises:
        AudiolabError: It is broken, silent or of several channels, or has a sample that is no number.
    """
    with open_audio(entry, where=where) as recording:
        excerpt_of(recording, allow_silent=False)
        return header_of(recording, entry)


def _extent(name: str, contents: Mapping[str, Mapping[str, str]]) -> str:
    """Return how much is in a set; of whom, only where that is known: else each recording is by itself."""
    utt2spk, hours = contents["utt2spk"], sum(map(float, contents["utt2dur"].values())) / 3600
    owners = set(utt2spk.values())
    of = f" of {len(owners)} {'noises' if name.startswith('noise_') else 'speakers'}"
    known = any(utterance != owner for utterance, owner in utt2spk.items())
    return f"{len(utt2spk)} recordings{of if known else ''}, {hours:.2f} h"


def check_data_dir(path: str | Path) -> None:
    """Validate a data dir that was just written: warnings are logged.

    Raises:
        AudiolabError: Something is wrong with it.
    """
    faults = validate(path, feats=False, text=False)
    for fault in faults:
        logging.warning("%s", fault)
    fatal = [fault for fault in faults if fault.fatal]
    if fatal:
        raise AudiolabError(f"{fatal[0]} ({len(fatal)} faults in all)" if len(fatal) > 1 else str(fatal[0]))


def settings_of(preparation: Preparation) -> dict[str, bytes]:
    """Return what a data dir keeps about its preparation, as a file of settings by its name."""
    return {PREPARED: yaml.safe_dump(preparation.made_with, sort_keys=False, allow_unicode=True).encode()}


def _tables(
    name: str,
    recordings: Sequence[Recording],
    further: Mapping[str, Mapping[str, Path]],
    headers_of: Callable[[Mapping[str, Recording], Mapping[str, Mapping[str, Path]]], dict[str, Header]],
    preparation: Preparation | None,
) -> dict[str, dict[str, str]]:
    found = _by_utterance(recordings)
    headers = headers_of(found, further)
    if preparation is not None:
        headers = _fitting(name, headers, preparation)
    found = {utterance: found[utterance] for utterance in headers}
    tables = {
        "wav.scp": {utterance: recording.entry for utterance, recording in found.items()},
        "utt2spk": {utterance: recording.speaker for utterance, recording in found.items()},
        "utt2dur": {utterance: f"{header.seconds:.6f}" for utterance, header in headers.items()},
        TABLE: {utterance: str(header) for utterance, header in headers.items()},
    }
    spans = {utterance: recording.span for utterance, recording in found.items() if recording.span}
    if spans:
        tables["segments"] = {
            utterance: f"{utterance} {begin:.7f} {end:.7f}" for utterance, (begin, end) in spans.items()
        }
        tables["utt2dur"] = {utterance: f"{end - begin:.6f}" for utterance, (begin, end) in spans.items()}
    for table, of in _OPTIONAL.items():
        values = {utterance: of(recording) for utterance, recording in found.items()}
        if _all_tell(name, table, values):
            tables[table] = values
    genders = {recording.speaker: recording.gender for recording in found.values()}
    if _all_tell(name, "spk2gender", genders):
        tables["spk2gender"] = genders
    for table, paths in further.items():
        tables[table] = {utterance: str(paths[utterance]) for utterance in found}
    return tables


def _by_utterance(recordings: Sequence[Recording]) -> dict[str, Recording]:
    """Return utterance -> recording; raise for two with one id, and for what cannot be named or listed."""
    found: dict[str, Recording] = {}
    for recording in recordings:
        earlier = found.setdefault(recording.utterance, recording)
        if earlier is not recording:
            raise AudiolabError(
                f"{recording.place()}: the same id, '{recording.utterance}', as {earlier.place()}; remove one, or "
                "rename it"
            )
    for recording in recordings:
        problem = id_problem(f"{recording.utterance}.wav")
        if problem:
            raise AudiolabError(f"{recording.place()}: {problem}; rename it, or name it from nearer by")
    _check_names(recordings)
    return found


def _fitting(name: str, headers: Mapping[str, Header], preparation: Preparation) -> dict[str, Header]:
    """Return the headers of the recordings that are taken; raise where there are none any more."""
    fitting = {utterance: header for utterance, header in headers.items() if preparation.fits(header)}
    if headers and not fitting:
        rates = ", ".join(map(str, sorted({header.rate for header in headers.values()})))
        raise AudiolabError(f"{name}: no recording fits what is asked for; their sampling rates are {rates} Hz")
    if len(fitting) < len(headers):
        logging.info("%s: %d of %d recordings left out", name, len(headers) - len(fitting), len(headers))
    return fitting


def _all_tell(name: str, table: str, values: Mapping[str, str | None]) -> bool:
    """Return whether a set can have a table: all tell its value. Where only some do, it is said."""
    lacking = sum(not value for value in values.values())
    if 0 < lacking < len(values):
        logging.info("%s: no %s, for %d of %d have none", name, table, lacking, len(values))
    return lacking == 0


_OPTIONAL: dict[str, Callable[[Recording], str | None]] = {
    "utt2lang": lambda recording: recording.language,
    "text": lambda recording: recording.text,
}
"""Tables that a set has when all its recordings tell the value."""


def _check_names(recordings: Sequence[Recording]) -> None:
    """Raise for a path that cannot stand in a table; tell of names with characters that are rarely in one."""
    for recording in recordings:
        check_name(recording.path)
    odd = [recording.path for recording in recordings if _is_odd(recording)]
    if odd:
        logging.warning("%s: '_' stands in its id for what an id cannot have (%d such names)", odd[0], len(odd))


def _is_odd(recording: Recording) -> bool:
    """Return whether more of a file's name than ``-`` is another character in its id."""
    name, utterance = (unicodedata.normalize("NFC", part) for part in (recording.path.stem, recording.utterance))
    return clean_id(name) != name.replace("-", "_") and name not in utterance


def _headers(
    recordings: Mapping[str, Recording],
    further: Mapping[str, Mapping[str, Path]],
    nj: int,
    read: Callable[[str, str], Header],
) -> dict[str, Header]:
    """Return the headers, which fit those of the further signals."""
    items = [
        (recording, [paths[utterance] for paths in further.values()]) for utterance, recording in recordings.items()
    ]
    with processes(nj):
        found = dict(zip(recordings, each(_fitting_header, items, read)))
    faults = [(recordings[name], header) for name, header in found.items() if isinstance(header, str)]
    if faults:
        others = [broken.where or str(broken.path) for broken, _ in faults[1:_NAMED]]
        more = f" (broken files: {len(faults)}; the next are {', '.join(others)})" if others else ""
        raise AudiolabError(faults[0][1] + more)
    rates = {header.rate for header in found.values()}
    if len(rates) > 1:
        several = ", ".join(map(str, sorted(rates)))
        logging.info("%s and others: several sampling rates, %s Hz", next(iter(recordings.values())).path, several)
    return found


def _fitting_header(item: tuple[Recording, Sequence[Path]], read: Callable[[str, str], Header]) -> Header:
    """Return a recording's header, which its further signals have too."""
    recording, others = item
    header = _header(recording, recording.path, recording.entry, read)
    for path in others:
        other = _header(recording, path, str(path), read)
        if other[:2] != header[:2]:
            raise AudiolabError(
                f"{recording.place(path)}: {other.samples} samples at {other.rate} Hz, {recording.path} has "
                f"{header.samples} at {header.rate} Hz; get both again"
            )
    return header


def _header(recording: Recording, path: Path, entry: str, read: Callable[[str, str], Header]) -> Header:
    """Return the header of the entry of a file; one that Git LFS has not fetched is called that."""
    try:
        return read(entry, recording.where)
    except AudiolabError as error:
        try:
            with open(path, "rb") as file:
                head = file.read(len(_LFS_POINTER))
        except OSError:
            head = b""
        if head == _LFS_POINTER:
            raise AudiolabError(
                f"{recording.place(path)}: stands for a file that Git LFS has not fetched; git lfs pull"
            ) from error
        raise
