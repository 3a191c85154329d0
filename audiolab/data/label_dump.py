"""A folder of linguistic vectors and durations at phone rate, as ``label_vectors`` makes it."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from audiolab.data.feature_dir import HASHED
from audiolab.datadir.arkread import read_matrix, read_shape
from audiolab.datadir.shared import Shared
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.textfile import read_text
from audiolab.waiting import told

_AGAIN = "make the label vectors again"


class LabelDump:
    """``labels.scp`` (P × D), ``durations.scp`` (P × 1, frames), ``utt2spk`` and ``utt2lang``.

    Args:
        folder: The folder.
        languages: Those whose utterances are taken; none: all.
        speakers: Those whose utterances are taken; none: all.

    Attributes:
        folder: The folder.
        width: Values of a phone's vector, D.
        utterances: Ids of what is taken, in byte order; an utterance's number is its place in them.
        languages: Their codes, sorted.
        speakers: Their ids, sorted.
        linguistic: The table of the set that vectors have the columns of, ``linguistic.tsv``, as text; empty: there is
            none.

    Raises:
        AudiolabError: A table is missing, broken or empty, or lacks an utterance.
    """

    def __init__(self, folder: str | Path, languages: Sequence[str] = (), speakers: Sequence[str] = ()) -> None:
        self.folder = Path(folder)
        table = self.folder / "linguistic.tsv"
        self.linguistic = read_text(table) if table.is_file() else ""
        self._labels, self._durations, spoken_by, spoken_in = (
            read_table(self.folder / name) for name in ("labels.scp", "durations.scp", "utt2spk", "utt2lang")
        )
        for name, table in (("durations.scp", self._durations), ("utt2spk", spoken_by), ("utt2lang", spoken_in)):
            if lost := next((utterance for utterance in self._labels if utterance not in table), ""):
                raise AudiolabError(f"{self.folder}/{name}: no entry for '{lost}'; {_AGAIN}")
        chosen = [
            utterance
            for utterance in self._labels.ids
            if (not languages or spoken_in[utterance] in languages)
            and (not speakers or spoken_by[utterance] in speakers)
        ]
        self.utterances: Sequence[str] = chosen
        self.languages = sorted({spoken_in[utterance] for utterance in chosen})
        self.speakers = sorted({spoken_by[utterance] for utterance in chosen})
        self._places = Shared(
            [
                np.array([known.index(table[utterance]) for utterance in chosen], np.int32)
                for known, table in ((self.languages, spoken_in), (self.speakers, spoken_by))
            ]
        )
        if not len(self._labels):
            raise AudiolabError(f"{self.folder}/labels.scp: no utterance; {_AGAIN}")
        first = next(iter(self._labels))
        self.width = read_shape(self._labels[first], where=f"{self.folder}/labels.scp: {first}")[1]

    def __len__(self) -> int:
        return len(self.utterances)

    def language(self, number: int) -> str:
        """Return an utterance's language."""
        return self.languages[self._places.arrays[0][number]]

    def speaker(self, number: int) -> str:
        """Return who speaks an utterance."""
        return self.speakers[self._places.arrays[1][number]]

    def read(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return an utterance's vectors, [P, D] float32, and its phones' frames, int64 [P].

        Raises:
            AudiolabError: The matrices do not go together, or durations are no numbers of frames.
        """
        name = self.utterances[number]
        where = f"{self.folder}/labels.scp: {name}"
        vectors = np.asarray(read_matrix(self._labels[name], where=where), np.float32)
        durations = read_matrix(self._durations[name], where=f"{self.folder}/durations.scp: {name}")
        if vectors.ndim != 2 or vectors.shape[1] != self.width or durations.size != len(vectors):
            raise AudiolabError(
                f"{where}: vectors {vectors.shape} with durations {durations.shape}, and {self.width} columns were "
                f"expected; {_AGAIN}"
            )
        frames = durations.reshape(-1)
        if not np.all((frames >= 0) & (frames == np.round(frames))):
            raise AudiolabError(f"{self.folder}/durations.scp: {name}: durations are whole numbers of frames; {_AGAIN}")
        return vectors, frames.astype(np.int64)

    @functools.cached_property
    def phones(self) -> np.ndarray:
        """Phones of each utterance, int32 [N], of the matrices' headers."""
        names = told(self.utterances, "headers", len(self))
        where = f"{self.folder}/labels.scp"
        return np.array([read_shape(self._labels[name], where=f"{where}: {name}")[0] for name in names], np.int32)

    def fingerprint(self) -> str:
        """Return a SHA-256 of ids, languages, speakers and values: all of up to `HASHED` bytes, or some."""
        digest = hashlib.sha256()
        for number, name in enumerate(self.utterances):
            digest.update(f"{name} {self.language(number)} {self.speaker(number)}\n".encode())
        size = 4 * self.width * int(self.phones.sum(dtype=np.int64))
        for number in range(0, len(self), 1 + size // HASHED):
            for values in self.read(number):
                digest.update(np.ascontiguousarray(values).tobytes())
        return digest.hexdigest()


def open_labels(folders: Sequence[str], languages: Sequence[str], speakers: Sequence[str]) -> list[LabelDump]:
    """Return folders of labels, with what is taken of each.

    Raises:
        AudiolabError: As `LabelDump`; one of the languages or speakers is in no folder, or is left in none by the
            other option; their vectors are of different widths.
    """
    found = [LabelDump(path, languages, speakers) for path in folders]
    for given, known in ((languages, names_of(found, "languages")), (speakers, names_of(found, "speakers"))):
        if lost := sorted(set(given) - set(known)):
            near = did_you_mean(lost[0], known)
            raise AudiolabError(f"{', '.join(folders)}: no utterance of '{lost[0]}' is left by data_conf{near}")
    for other in found[1:]:
        if (other.width, other.linguistic) != (found[0].width, found[0].linguistic):
            raise AudiolabError(
                f"{other.folder}: vectors of {other.width} columns, and {found[0].folder} has {found[0].width}, or "
                "others; make both with one table"
            )
    return found


def names_of(labels: Sequence[LabelDump], kind: Literal["languages", "speakers"]) -> list[str]:
    """Return all folders' languages or speakers, sorted."""
    return sorted({name for each in labels for name in getattr(each, kind)})


def check_known(train_set: Any, valid_set: Any) -> None:
    """Raise `AudiolabError` where a validation set has vectors, languages or speakers that are not trained on."""
    train, valid = train_set.labels[0], valid_set.labels[0]
    if (train.width, train.linguistic) != (valid.width, valid.linguistic):
        raise AudiolabError(
            f"{valid.folder}: vectors of {valid.width} columns, and {train.folder}, which is trained on, has "
            f"{train.width}, or others; make both with one table"
        )
    for kind in ("languages", "speakers"):
        if unknown := sorted(set(getattr(valid_set, kind)) - set(getattr(train_set, kind))):
            raise AudiolabError(
                f"{valid_set.labels[0].folder}: {kind} {', '.join(unknown)} are not in the training set; name those "
                f"that are in data_conf.{kind}"
            )
