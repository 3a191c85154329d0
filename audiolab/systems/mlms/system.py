"""The acoustic model as the trainer sees it: one update a chunk of frames, of what the batch's chunk has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from audiolab.config import to_dict
from audiolab.data.label_dump import check_known
from audiolab.data.labelled_speech import LabelledSpeech, LabelledSpeechConfig
from audiolab.dataset import Batch
from audiolab.features.cmvn import mean_and_deviation
from audiolab.metrics.world import world_errors
from audiolab.nn.facts import Facts
from audiolab.systems.mlms.config import MLMSConfig
from audiolab.systems.mlms.growth import Grown, check_facts, completed, languages_before
from audiolab.systems.mlms.network import AcousticModel
from audiolab.systems.mlms.predictor import PIECE, Predictor
from audiolab.training.system import Initial, Mean, System, Update


class MLMS(System):
    """Vocoder parameters of frames' linguistic vectors, for many languages and speakers.

    A batch mixes them: ``x`` [B, T, N], ``y`` [B, T, W], ``lengths``, ``languages``, ``speakers``.
    """

    Config = MLMSConfig
    DataConfig = LabelledSpeechConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"acoustic": ("acoustic",)}
    exports: ClassVar[tuple[str, ...]] = ("acoustic", "facts")

    def __init__(self, config: MLMSConfig) -> None:
        super().__init__()
        self.config = config
        self.acoustic = AcousticModel(config)
        self.facts = Facts()
        self._languages = {name: place for place, name in enumerate(config.languages)}
        self._speakers = {name: place for place, name in enumerate(config.speakers)}

    @classmethod
    def datasets(cls, config: LabelledSpeechConfig) -> tuple[LabelledSpeech, LabelledSpeech]:
        """Return the utterances to train on and those to validate on."""
        train_set, valid_set = LabelledSpeech(config, "train"), LabelledSpeech(config, "valid")
        check_known(train_set, valid_set)
        return train_set, valid_set

    @classmethod
    def complete(cls, config: MLMSConfig, train_set: LabelledSpeech) -> MLMSConfig:
        """Return the config with names and sizes of the data, and of the run that it begins with."""
        return completed(config, train_set)

    def initial(self) -> list[Initial]:
        """Return the model with the weights of the run that it begins with; what is new in it is added there."""
        init = self.config.init
        if init is None:
            return []
        return [Initial(Grown(self.acoustic, self.config), init, "acoustic", "system_conf.init")]

    def setup(self, train_set: LabelledSpeech) -> None:
        """Take the statistics for normalisation, unless they are those of the run that this one begins with."""
        config, inputs = self.config, self.acoustic.inputs
        self.facts.values = {
            "analysis": to_dict(train_set.analysis),
            "streams": train_set.analysis.streams,
            "linguistic": train_set.labels[0].linguistic,
        }
        if config.init is None:
            constant = inputs.take_statistics(train_set.input_statistics(), train_set.languages, config.pad == "after")
            self.acoustic.towers.forget(constant)
            self.acoustic.outputs.take(*mean_and_deviation(train_set.output_statistics()))
            return
        check_facts(config.init, self.facts.values)
        if config.pad == "after":
            before = languages_before(config)
            stats = train_set.input_statistics()
            inputs.note_present({n: each for n, each in stats.items() if n not in before}, config.languages)

    @classmethod
    def predictor(cls, config: MLMSConfig, state: dict[str, Any], device: torch.device) -> Predictor:
        """Return the trained model."""
        return Predictor(config, state, device)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield a step for each chunk: the error's sum over its frames, by the frames that a chunk has on average.

        So each frame counts the same, and the mean over the chunks is that over the batch.
        """
        whole = batch["whole"]
        longest = int(whole.facts["longest"])
        chunks = -(-longest // self.config.chunk)
        frames = range(0, longest, -(-longest // chunks))
        divisor = whole.share(whole.facts["total"] * self.config.outputs / chunks)
        for piece, error in self._errors(batch, frames):
            loss = error.sum() / divisor if len(piece.items) else error.new_zeros((), requires_grad=True)
            yield Update("acoustic", loss, parts=self._parts(whole.facts, piece.begin))

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return errors of all, of each language, and of each speaker in it; and whether what is fed back dies away.

        All are in one normalisation, that of the model.
        """
        scores = {"spectral_radius": Mean(self.acoustic.heads.radius(), 1)}
        lengths, normalised = batch["lengths"].tolist(), torch.zeros_like(batch["y"])
        for piece, _ in self._errors(batch, range(0, max(lengths), PIECE)):
            normalised[piece.items, piece.begin : piece.begin + piece.found.shape[1]] = piece.found
        squares = (normalised - self.acoustic.outputs(batch["y"])).square()
        found = self.acoustic.outputs.back(normalised)
        for item, length in enumerate(lengths):
            error = Mean(float(squares[item, :length].double().sum()), length * squares.shape[-1])
            language, speaker = batch["languages"][item], batch["speakers"][item]
            _add(scores, {name: error for name in ("acoustic_loss", f"mse_{language}", f"mse_{language}_{speaker}")})
            pair = (value[item, :length].cpu().numpy() for value in (batch["y"], found))
            _add(scores, {f"{name}_{language}": value for name, value in self._in_units(*pair).items()})
        return scores

    def _in_units(self, reference: np.ndarray, found: np.ndarray) -> dict[str, Mean]:
        """Return an utterance's errors in dB, log Hz and %, as means over frames."""
        streams = self.facts.values["streams"]
        return {
            name: Mean(value * count, count) for name, (value, count) in world_errors(reference, found, streams).items()
        }

    def _errors(self, batch: Batch, frames: range) -> Iterator[tuple[Any, Tensor]]:
        """Yield pieces of the batch with squared errors, [b, frames, W], of what is no padding."""
        languages = [self._languages[name] for name in batch["languages"]]
        speakers = [self._speakers[name] for name in batch["speakers"]]
        wanted = self.acoustic.outputs(batch["y"])
        for piece in self.acoustic.pieces(batch["x"], languages, speakers, batch["lengths"].tolist(), frames):
            target = wanted[piece.items, piece.begin : piece.begin + piece.found.shape[1]]
            yield piece, (piece.found - target).square() * piece.inside

    def _parts(self, facts: dict[str, float], begin: int) -> tuple[str, ...]:
        """Return what learns from a chunk: towers, and what is of those that any utterance goes on with."""
        acoustic, learns = self.acoustic, self.config.learns
        parts = []
        if any(parameter.requires_grad for parameter in acoustic.towers.parameters()):
            parts.append("acoustic.towers")
        if "codes" in learns and len(acoustic.codes):
            parts += [f"acoustic.codes.{self._languages[name]}" for name in _going(facts, "language ", begin)]
        if "heads" in learns:
            parts += [f"acoustic.heads.{self._speakers[name]}" for name in _going(facts, "speaker ", begin)]
        return tuple(parts)


def _going(facts: dict[str, float], kind: str, begin: int) -> list[str]:
    """Return the names of a kind of which an utterance has frames from ``begin`` on, sorted."""
    return sorted(name.removeprefix(kind) for name, frames in facts.items() if name.startswith(kind) and frames > begin)


def _add(scores: dict[str, Mean], more: dict[str, Mean]) -> None:
    for name, mean in more.items():
        scores[name] = scores[name] + mean if name in scores else mean
