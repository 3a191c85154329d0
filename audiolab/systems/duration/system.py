"""The duration model as the trainer sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor

from audiolab.data.label_dump import check_known
from audiolab.data.phone_durations import PhoneDurations, PhoneDurationsConfig
from audiolab.dataset import Batch
from audiolab.features.cmvn import mean_and_deviation
from audiolab.nn.facts import Facts
from audiolab.systems.duration.config import DurationConfig
from audiolab.systems.duration.network import DurationNetwork
from audiolab.systems.duration.predictor import Predictor
from audiolab.training.config import filled
from audiolab.training.system import Mean, System, Update


class DurationModel(System):
    """Logs of phones' frames, by the mean square error over phones, after normalisation.

    A batch holds ``x`` [B, P, D], ``frames`` [B, P], ``lengths``, ``languages``, ``speakers``.
    """

    Config = DurationConfig
    DataConfig = PhoneDurationsConfig
    optimizes: ClassVar[dict[str, tuple[str, ...]]] = {"duration": ("network",)}
    exports: ClassVar[tuple[str, ...]] = ("network", "facts")

    def __init__(self, config: DurationConfig) -> None:
        super().__init__()
        self.config, self.network = config, DurationNetwork(config)
        self.facts = Facts()

    @classmethod
    def datasets(cls, config: PhoneDurationsConfig) -> tuple[PhoneDurations, PhoneDurations]:
        """Return the utterances to train on and those to validate on."""
        train_set, valid_set = PhoneDurations(config, "train"), PhoneDurations(config, "valid")
        check_known(train_set, valid_set)
        return train_set, valid_set

    @classmethod
    def complete(cls, config: DurationConfig, train_set: PhoneDurations) -> DurationConfig:
        """Return the config with columns, languages and speakers of the data."""
        names = {name: getattr(train_set, name) for name in ("columns", "languages", "speakers")}
        return filled(config, "system_conf", **names)

    def setup(self, train_set: PhoneDurations) -> None:
        """Take the statistics over phones for normalisation, and what the columns of vectors are."""
        self.facts.values = {"linguistic": train_set.labels[0].linguistic}
        for module, stats in zip((self.network.inputs, self.network.outputs), train_set.statistics()):
            module.take(*mean_and_deviation(stats))

    @classmethod
    def predictor(cls, config: DurationConfig, state: dict[str, Any], device: torch.device) -> Predictor:
        """Return the trained model."""
        return Predictor(config, state, device)

    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the one step, on the mean over the batch's phones."""
        whole = batch["whole"]
        squares, _ = self._errors(batch)
        yield Update("duration", squares.sum() / whole.share(whole.facts["total"]))

    @torch.no_grad()
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return the loss, and the mean absolute error in frames, of all and of each language."""
        squares, logs = self._errors(batch)
        errors = (self.network.outputs.back(logs[..., None])[..., 0].exp() - batch["frames"]).abs()
        scores: dict[str, Mean] = {}
        for item, length in enumerate(batch["lengths"].tolist()):
            square, error = (Mean(float(each[item, :length].double().sum()), length) for each in (squares, errors))
            language = batch["languages"][item]
            named = {"duration_loss": square, "frames_off": error, f"frames_off_{language}": error}
            for name, mean in named.items():
                scores[name] = scores[name] + mean if name in scores else mean
        return scores

    def _errors(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return squared errors, 0 in padding, and normalised logs of frames, [B, P] each."""
        config, network, lengths = self.config, self.network, batch["lengths"].cpu()
        languages = [config.languages.index(name) for name in batch["languages"]]
        speakers = [config.speakers.index(name) for name in batch["speakers"]]
        logs = network(batch["x"], lengths, network.told(languages, speakers))
        wanted = network.outputs(batch["frames"].log()[..., None])[..., 0]
        inside = torch.arange(logs.shape[1]) < lengths[:, None]
        return (logs - wanted).square() * inside.to(logs), logs
