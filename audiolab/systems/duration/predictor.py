"""How long phones are, by a trained duration model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.nn.facts import Facts
from audiolab.systems.duration.config import DurationConfig
from audiolab.systems.duration.network import DurationNetwork
from audiolab.training.export import loaded


class Predictor:
    """A trained duration model.

    Attributes:
        languages: Codes of the languages that it knows.
        speakers: Ids of the speakers that it knows.
        columns: Values of a phone's linguistic vector, D.
        linguistic: The table of the set that vectors have the columns of, as text; empty: it is not known.
    """

    def __init__(self, config: DurationConfig, state: dict[str, Any], device: torch.device) -> None:
        self.linguistic: str = loaded(Facts(), state["facts"], torch.device("cpu")).values["linguistic"]
        self._network = loaded(DurationNetwork(config), state["network"], device)
        self.languages, self.speakers, self.columns = list(config.languages), list(config.speakers), config.columns
        self.device = device

    @torch.inference_mode()
    def durations(self, vectors: np.ndarray, language: str | None = None, speaker: str | None = None) -> np.ndarray:
        """Return each phone's frames, int64 [P], 1 or more.

        Args:
            vectors: Linguistic vectors of an utterance's phones, [P, D], P ≥ 1, as they are in the labels.
            language: One of `languages`; None: as in the mean of all.
            speaker: One of `speakers`; None: as the mean of all.

        Raises:
            AudiolabError: The array is of another shape or not finite, or a name is unknown.
        """
        vectors = np.asarray(vectors, np.float32)
        if vectors.ndim != 2 or not len(vectors) or vectors.shape[1] != self.columns:
            raise AudiolabError(f"vectors {vectors.shape}: give [P, {self.columns}], a phone or more")
        if not np.isfinite(vectors).all():
            raise AudiolabError("vectors have values that are not finite; make them again")
        told = self._network.told([_place(language, self.languages)], [_place(speaker, self.speakers)])
        x = torch.from_numpy(vectors)[None].to(self.device)
        logs = self._network.outputs.back(self._network(x, torch.tensor([len(vectors)]), told))[0]
        return np.maximum(np.round(logs.double().exp().cpu().numpy()), 1).astype(np.int64)


def _place(name: str | None, known: Sequence[str]) -> int | None:
    if name is not None and name not in known:
        raise AudiolabError(f"the duration model does not know '{name}'{did_you_mean(name, known)}")
    return None if name is None else known.index(name)
