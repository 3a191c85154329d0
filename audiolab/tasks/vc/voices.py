"""Whose voices a converter of many speakers is told: of tables, of its training set, or of recordings by an encoder."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.corpora.walk import ANY_AUDIO, recordings_below
from audiolab.data.embeddings import SPEAKERS
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.audiofile import open_audio
from audiolab.errors import AudiolabError, did_you_mean, shown
from audiolab.inference import load
from audiolab.synthesis.griffin_lim import GriffinLim
from audiolab.synthesis.mel_vocoder import MelVocoder
from audiolab.training.export import MODEL

GRIFFIN_LIM = "griffin_lim"
"""The vocoder that needs no training."""

LONGEST_S = 60
"""Seconds of a recording, from its beginning, by which a voice is known."""


def make_vocoder(name: str, model: Any) -> MelVocoder:
    """Return the vocoder of a converter's audio: `GRIFFIN_LIM`, or of a training run's folder or zip.

    Raises:
        AudiolabError: There is no such run, or it is of no vocoder.
    """
    if name == GRIFFIN_LIM:
        return GriffinLim(model.analysis, device=model.device)
    return load(name, model.device, does="synthesise")


class Voices:
    """What tells speakers to a converter: first of a table of embeddings, then of its training set.

    Args:
        model: The converter, as `audiolab.load` gives it.
        name: Of its run, for messages.
        table: Folder with ``spk_embedding.scp``; empty: none.
        encoder: Run of a speaker encoder, for who is in neither; empty: that of the converter's style loss.
    """

    def __init__(self, model: Any, name: str, table: str = "", encoder: str = "") -> None:
        self._model, self._name, self._asked = model, name, encoder
        self._table = MatrixTable(Path(table) / SPEAKERS) if table else None

    def of_speaker(self, speaker: str) -> np.ndarray | None:
        """Return what tells a speaker, [size]; None where there is no such one."""
        if self._table is not None and speaker in self._table:
            return self._sized(self._table[speaker], f"{self._table.path}: {speaker}")
        return self._model.speakers.get(speaker)

    def required(self, speaker: str) -> np.ndarray:
        """Return the same; raises `AudiolabError` where there is no such speaker."""
        found = self.of_speaker(speaker)
        if found is None:
            known = {*self._model.speakers, *(self._table or ())}
            raise AudiolabError(f"{self._name}: no embedding of speaker '{speaker}'{did_you_mean(speaker, known)}")
        return found

    def of_wave(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return the embedding of audio [N], [size], by the encoder.

        Raises:
            AudiolabError: There is no encoder, it is of other embeddings, or it refuses the audio.
        """
        return self._encoder.embed(wave, rate)

    def of_recordings(self, paths: Sequence[str | Path]) -> np.ndarray:
        """Return the mean of the embeddings of recordings, [size], which is not made of length 1 again.

        Args:
            paths: Files, of each of which the first `LONGEST_S` seconds are heard.

        Raises:
            AudiolabError: One is not there; as `of_wave`.
        """
        found, encoder = [], self._encoder
        for path in paths:
            with open_audio(path) as audio:
                samples, rate = min(audio.samples, LONGEST_S * audio.rate), audio.rate
            wave = read_excerpt(path, rate, 0, samples, channels="mix", allow_silent=False)
            try:
                found.append(encoder.embed(wave, rate))
            except AudiolabError as error:
                raise AudiolabError(f"{path}: {error}") from error
        return np.mean(found, axis=0, dtype=np.float32)

    def named(self, given: Sequence[str]) -> np.ndarray:
        """Return the embedding of a training speaker, where one of that name is given alone, or `of_recordings`."""
        paths = self.recordings(given)
        return self.of_recordings(paths) if paths else self._model.speakers[given[0]]

    def recordings(self, given: Sequence[str]) -> list[Path]:
        """Return the files that tell a voice, of files and folders of such; none where it is a training speaker's.

        Raises:
            AudiolabError: Something is not there, a folder has no recording, or a training speaker is not alone.
        """
        if len(given) == 1 and given[0] in self._model.speakers:
            return []
        for each in given:
            if each and Path(each).exists():
                continue
            if each in self._model.speakers:
                raise AudiolabError(f"{each}: is a training speaker of {self._name}; give one alone, or recordings")
            hint = did_you_mean(each, self._model.speakers)
            raise AudiolabError(
                f"{each or shown(each)}: no such file or folder, and no training speaker of {self._name}{hint}"
            )
        return [path for each in given for path in _recordings(Path(each))]

    @functools.cached_property
    def _encoder(self) -> Any:
        if _is_one_hot(np.stack(list(self._model.speakers.values()))):
            raise AudiolabError(
                f"{self._name}: is told speakers by one-hot vectors, so it knows its training speakers alone; say who "
                f"speaks, and who is to, by these: {shown(list(self._model.speakers))}"
            )
        run = self._asked or self._model.speaker_encoder
        if not run:
            raise AudiolabError(
                f"{self._name}: its config names no speaker encoder; give the run of the one that made the embeddings "
                "of its training set as --encoder, or speakers whose embeddings are known"
            )
        path = Path(run)
        folder = path.parent if path.name == MODEL else path
        if not self._asked and not folder.exists():
            raise AudiolabError(
                f"{self._name}: its config names the speaker encoder {folder}, which is not there from here; give that "
                "run as --encoder"
            )
        encoder = load(folder, self._model.device, does="embed")
        self._sized(np.zeros(encoder.size), f"{run}: its embeddings")
        return encoder

    def _sized(self, vector: np.ndarray, what: str) -> np.ndarray:
        if vector.shape != (self._model.size,):
            raise AudiolabError(
                f"{what}: of shape {vector.shape}, and {self._name} is told speakers by {self._model.size} values; "
                "take embeddings of the encoder that it was trained with, or a training speaker"
            )
        if not np.isfinite(vector).all():
            raise AudiolabError(f"{what}: has values that are not finite; embed the speakers again")
        return vector


def _is_one_hot(vectors: np.ndarray) -> bool:
    """Return whether all vectors [N, size] are zeros but for a one."""
    return bool(((vectors == 0) | (vectors == 1)).all() and (vectors.sum(axis=1) == 1).all())


def _recordings(path: Path) -> list[Path]:
    """Return a file, or those of a folder and its subfolders, sorted."""
    if not path.is_dir():
        return [path]
    found = [folder / name for folder, names in recordings_below(path, ANY_AUDIO) for name in names]
    if not found:
        raise AudiolabError(f"{path}: no recording in it, {' '.join(ANY_AUDIO)}; give some of the voice")
    return found
