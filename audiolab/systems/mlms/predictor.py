"""Vocoder parameters of text in any language with any speaker, by a trained acoustic model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from audiolab.config import from_dict
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.features.frame_labels import frame_labels
from audiolab.features.world_config import WorldConfig
from audiolab.nn.facts import Facts
from audiolab.systems.mlms.config import MLMSConfig
from audiolab.systems.mlms.network import AcousticModel
from audiolab.training.export import loaded

PIECE = 200
"""Frames that are computed at a time; the state goes on, so it is the same for any."""


class Predictor:
    """A trained acoustic model.

    Attributes:
        languages: Codes of the languages that it knows.
        speakers: Ids of the speakers that it knows.
        config: How vocoder parameters were made, and so how speech is made of them.
        columns: Values of a phone's linguistic vector, D.
        linguistic: The table of the set that vectors have the columns of, as text; empty: it is not known.
        codes: The languages' codes, float32 [L], by language.
    """

    def __init__(self, config: MLMSConfig, state: dict[str, Any], device: torch.device) -> None:
        facts = loaded(Facts(), state["facts"], torch.device("cpu")).values
        self.config = from_dict(WorldConfig, facts["analysis"], source="the model's analysis")
        self.linguistic: str = facts["linguistic"]
        self._model = loaded(AcousticModel(config), state["acoustic"], device)
        self.languages, self.speakers, self.columns = list(config.languages), list(config.speakers), config.columns
        self.codes = {name: code.cpu().numpy() for name, code in zip(self.languages, self._model.codes)}
        self.device = device

    @torch.inference_mode()
    def predict(self, vectors: np.ndarray, durations: np.ndarray, language: str, speaker: str) -> np.ndarray:
        """Return vocoder parameters, float32 [T, W], as `audiolab.features.world_parameters.WorldParameters` has them.

        Args:
            vectors: Linguistic vectors of the phones, [P, D], as they are in the labels.
            durations: Their frames, whole numbers, [P], T in all.
            language: One of `languages`.
            speaker: One of `speakers`, of whatever language.

        Raises:
            AudiolabError: Arrays are of other shapes or not finite, there is no frame, or a name is unknown.
        """
        places = _place(language, self.languages, "language"), _place(speaker, self.speakers, "speaker")
        frames = frame_labels(*self._checked(vectors, durations))
        x = torch.from_numpy(frames)[None].to(self.device)
        pieces = self._model.pieces(x, *([place] for place in places), [len(frames)], range(0, len(frames), PIECE))
        found = torch.cat([piece.found[0] for piece in pieces])
        return self._model.outputs.back(found).cpu().numpy()

    def _checked(self, vectors: np.ndarray, durations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        vectors, durations = np.asarray(vectors, np.float32), np.asarray(durations, np.float64)
        if vectors.ndim != 2 or vectors.shape[1] != self.columns or durations.shape != vectors.shape[:1]:
            raise AudiolabError(
                f"vectors {vectors.shape} with durations {durations.shape}: give [P, {self.columns}] and [P]"
            )
        whole = np.isfinite(durations).all() and (durations >= 0).all() and (durations == np.round(durations)).all()
        if not np.isfinite(vectors).all() or not whole or not durations.sum():
            raise AudiolabError("vectors are finite, and durations whole numbers of frames, at least one in all")
        return vectors, durations


def _place(name: str, known: Sequence[str], what: str) -> int:
    if name not in known:
        raise AudiolabError(f"the model has no {what} '{name}'{did_you_mean(name, known)}")
    return known.index(name)
