"""Scores of the validation set, the same however many processes share its batches."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from audiolab.dataset import Batch
from audiolab.training.distributed import Processes
from audiolab.training.loading import to_device
from audiolab.training.seeding import VALID, seed_torch
from audiolab.training.system import Mean, System


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
