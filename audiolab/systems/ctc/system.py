"""The recogniser as the trainer sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional
from torchaudio.functional import edit_distance

from audiolab.config import to_dict
from audiolab.data.transcripts import Transcripts, TranscriptsConfig
from audiolab.dataset import Batch
from audiolab.features.kinds import of_kind
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.nn.facts import Facts
from audiolab.systems.ctc.config import CTCConfig
from audiolab.systems.ctc.decoding import greedy
from audiolab.systems.ctc.predictor import Predictor
from audiolab.systems.ctc.recogniser import BLANK, Recogniser
from audiolab.text.units import from_plain, to_plain
from audiolab.training.config import filled
from audiolab.training.system import Mean, System, Update


class CTC(System):
    """Recognition of SentencePiece's units by the CTC loss.

    A batch holds ``feats`` [B, T, bands], ``lengths`` [B], ``targets`` [B, U], ``target_lengths`` [B].
    """

    Config = CTCConfig
    DataConfig = TranscriptsConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"recogniser": ("recogniser",)}
    exports: ClassVar[tuple[str, ...]] = ("recogniser", "facts")

    def __init__(self, config: CTCConfig) -> None:
        super().__init__()
        self.recogniser = Recogniser(config)
        self.facts = Facts()

    @classmethod
    def datasets(cls, config: TranscriptsConfig) -> tuple[Transcripts, Transcripts]:
        """Return the utterances to train on and those to validate on."""
        return Transcripts(config, "train"), Transcripts(config, "valid")

    @classmethod
    def complete(cls, config: CTCConfig, train_set: Transcripts) -> CTCConfig:
        """Return the config with the numbers of bands and units; raises `ValueError` for strides that leave no room."""
        if config.stride > train_set.config.frames_per_unit:
            raise ValueError(
                f"strides {config.strides} join {config.stride} frames, and utterances with "
                f"{train_set.config.frames_per_unit:g} a unit are taken: raise data_conf.frames_per_unit"
            )
        return filled(config, "system_conf", bands=train_set.width, units=len(train_set.units))

    def setup(self, train_set: Transcripts) -> None:
        """Take the bands' statistics, the analysis and the units."""
        analysis = of_kind(train_set.dirs[0].config, LogMelConfig, train_set.dirs[0].folder)
        mean, std = train_set.statistics()
        self.recogniser.mean.copy_(torch.from_numpy(mean))
        self.recogniser.std.copy_(torch.from_numpy(std))
        self.facts.values = {"analysis": to_dict(analysis), "units": to_plain(train_set.units)}

    @classmethod
    def predictor(cls, config: CTCConfig, state: dict[str, Any], device: torch.device) -> Predictor:
        """Return the trained recogniser."""
        return Predictor(config, state, device)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step: the mean over utterances of the loss per unit."""
        loss, _, _ = self._losses(batch)
        yield Update("recogniser", loss.mean())

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return the loss, and the character error rate of the best path in %."""
        loss, log_probs, frames = self._losses(batch)
        units, errors, characters = from_plain(self.facts.values["units"]), 0, 0
        for found, target, length in zip(greedy(log_probs, frames), batch["targets"], batch["target_lengths"]):
            text = units.decode(target[:length].tolist())
            errors += edit_distance(text, units.decode(found))
            characters += len(text)
        return {"recogniser_loss": Mean(float(loss.sum()), len(loss)), "cer": Mean(100.0 * errors, characters)}

    def _losses(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return the loss of each utterance [B], the log probabilities [B, T', units + 1], and frames [B]."""
        lengths, wanted = batch["lengths"].cpu(), batch["target_lengths"].cpu()
        log_probs, frames = self.recogniser(batch["feats"], lengths), self.recogniser.frames(lengths)
        # on the CPU, for there the gradient is the same each time, which it is not on a GPU
        loss = functional.ctc_loss(
            log_probs.cpu().transpose(0, 1), batch["targets"].cpu() + 1, frames, wanted, BLANK, reduction="none"
        )
        return loss / wanted, log_probs, frames
