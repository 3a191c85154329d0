"""Scores of the validation set, the same however many processes share it."""

from __future__ import annotations

import torch

from audiolab.training.distributed import Processes
from audiolab.training.loading import make_loader, to_device
from audiolab.training.seeding import VALID, seed_torch
from audiolab.training.system import Mean, SampleKey, System, SystemDataset


def validate(
    system: System,
    dataset: SystemDataset,
    batches: list[list[SampleKey]],
    seed: int,
    workers: int,
    processes: Processes,
) -> dict[str, float]:
    """Return the means of `System.validate` over ``batches``, in evaluation mode and without gradients.

    Process r takes batches r, r + world, …; all that is random follows from the seed and the batch's number, and the
    means are joined in the order of batches, so no number of processes or workers changes them.
    """
    numbers = range(processes.rank, len(batches), processes.world)
    loader = make_loader(dataset, [batches[number] for number in numbers], workers, processes.device)
    training = system.training
    system.eval()
    found: list[tuple[int, dict[str, tuple[float, float]]]] = []
    with torch.no_grad():
        for number, batch in zip(numbers, loader):
            seed_torch(seed, VALID, number)
            means = system.validate(to_device(batch, processes.device))
            found.append((number, {name: (mean.total, mean.count) for name, mean in means.items()}))
    system.train(training)
    joined: dict[str, Mean] = {}
    for _, means in sorted((pair for part in processes.gather(found) for pair in part), key=lambda pair: pair[0]):
        for name, (total, count) in means.items():
            joined[name] = joined.get(name, Mean(0.0, 0.0)) + Mean(total, count)
    return {name: mean.value for name, mean in joined.items()}
