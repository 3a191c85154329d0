"""Scores of the validation set, the same however many processes share its batches."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

import torch

from audiolab.dataset import Batch, SystemDataset
from audiolab.errors import AudiolabError
from audiolab.training.distributed import Processes
from audiolab.training.ema import WeightAverage
from audiolab.training.loading import loaded, make_loader, to_device
from audiolab.training.sampler import validation_batches
from audiolab.training.seeding import VALID, seed_torch
from audiolab.training.system import Mean, System


class Validation:
    """The validation set, in batches that processes share.

    Args:
        dataset: The set.
        config: The run's.
        micro: Items that a process trains on at a time; it validates as many, where the config says no number.
        processes: Those that share the set.

    Raises:
        AudiolabError: The set is empty.
    """

    def __init__(self, dataset: SystemDataset, config: Any, micro: int, processes: Processes) -> None:
        if not len(dataset):
            raise AudiolabError("the validation set is empty; hold out at least one item in data_conf")
        self.dataset, self.seed, self.processes = dataset, config.seed, processes
        keys = validation_batches(dataset, config.trainer.valid_batch_size or micro, config.seed)
        self._mine = list(enumerate(keys))[processes.rank :: processes.world]
        self._loader = make_loader(
            dataset, [each for _, each in self._mine], config.trainer.num_workers, processes.device
        )

    def first(self) -> list[tuple[int, Batch]]:
        """Return the number and the batch of this process's first batch; none where there is none."""
        return [(number, self.dataset.batch(keys)) for number, keys in self._mine[:1]]

    def scores(
        self, system: System, average: WeightAverage | None, batches: Iterable[tuple[int, Batch]] | None = None
    ) -> dict[str, float]:
        """Return the scores of all batches, or of some, with averaged weights where there are any.

        All processes take part. Statistics that systems take of batches differ between processes until then.
        """
        if batches is None:
            batches = zip((number for number, _ in self._mine), loaded(self._loader))
        self.processes.broadcast(list(system.buffers()))
        with average.in_place() if average is not None else nullcontext():
            return validate(system, batches, self.seed, self.processes)


def validate(system: System, batches: Iterable[tuple[int, Batch]], seed: int, processes: Processes) -> dict[str, float]:
    """Return the means of `System.validate` over batches, in evaluation mode and without gradients.

    All that is random follows from the seed and a batch's number, and the means are joined in the order of numbers, so
    it does not change them which process has which batch. Scores that draw, or that depend on the other items of a
    batch, do change with the size of a batch, and so with what a process gets of ``trainer.batch_size``.

    Args:
        system: What is scored.
        batches: This process's share: (number in the whole set, batch).
        seed: The run's.
        processes: Those that share the set.
    """
    training = system.training
    system.eval()
    found: list[tuple[int, dict[str, tuple[float, float]]]] = []
    with torch.no_grad():
        for number, batch in batches:
            seed_torch(seed, VALID, number)
            means = system.validate(to_device(batch, processes.device))
            found.append((number, {name: (mean.total, mean.count) for name, mean in means.items()}))
    system.train(training)
    joined: dict[str, Mean] = {}
    for _, means in sorted((pair for part in processes.gather(found) for pair in part), key=lambda pair: pair[0]):
        for name, (total, count) in means.items():
            joined[name] = joined.get(name, Mean(0.0, 0.0)) + Mean(total, count)
    return {name: mean.value for name, mean in joined.items()}
