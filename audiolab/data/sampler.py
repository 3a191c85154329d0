"""Which items make up which batch: a function of the seed and the step alone.

Epoch e takes the items in the order of a permutation that is drawn from (seed, e). The global batch of step s is a
contiguous part of it; a process takes its contiguous share, and cuts that into micro-batches. What is left at the end
of an epoch and fills no batch is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from torch.utils.data import Sampler

from audiolab.errors import AudiolabError
from audiolab.training.system import SampleKey

_ORDER, _SAMPLE, _VALID = range(3)


class BatchSampler(Sampler[list[SampleKey]]):
    """An endless sequence of a process's micro-batches that can begin at any step.

    Args:
        length: Items in the dataset.
        batch_size: Items in a step's global batch.
        seed: The run's.
        world: Number of processes.
        rank: Which of them this is.
        accumulate: Micro-batches of a process in one step.
        sizes: Cost of each item, (length,); None where all cost the same.

    Attributes:
        step: The step, counted over all epochs from 0, at which the next iteration begins.
        steps_per_epoch: Number of full batches in an epoch.

    Raises:
        AudiolabError: The batch cannot be shared out evenly, or is larger than the dataset.
    """

    def __init__(
        self,
        length: int,
        batch_size: int,
        seed: int,
        world: int = 1,
        rank: int = 0,
        accumulate: int = 1,
        sizes: np.ndarray | None = None,
    ) -> None:
        if batch_size % (world * accumulate):
            raise AudiolabError(
                f"trainer.batch_size is {batch_size}, which {world} processes with trainer.accumulate {accumulate} "
                f"cannot share evenly; set a multiple of {world * accumulate}"
            )
        if length < batch_size:
            raise AudiolabError(
                f"the training set has {length} items, less than one batch of {batch_size}; lower trainer.batch_size"
            )
        self.length, self.batch_size, self.seed = length, batch_size, seed
        self.accumulate, self.sizes = accumulate, sizes
        self.micro = batch_size // (world * accumulate)
        self.first = rank * self.micro * accumulate
        self.steps_per_epoch = length // batch_size
        self.step = 0
        self._order = lru_cache(maxsize=2)(self._permutation)

    def __iter__(self) -> Iterator[list[SampleKey]]:
        """Yield the micro-batches of all steps from ``self.step`` on, ``accumulate`` a step, without an end."""
        step = self.step
        while True:
            yield from self.micro_batches(step)
            step += 1

    def epoch(self, step: int) -> int:
        """Return the epoch, from 0, that a step belongs to."""
        return step // self.steps_per_epoch

    def micro_batches(self, step: int) -> list[list[SampleKey]]:
        """Return this process's micro-batches of one step."""
        epoch = self.epoch(step)
        number = step % self.steps_per_epoch
        start = number * self.batch_size + self.first
        order = self._order(epoch)
        places = range(start, start + self.micro * self.accumulate)
        size = self.batch_size
        keys = [
            SampleKey(int(order[place]), (self.seed, _SAMPLE, epoch, place), epoch, place % size, size, number)
            for place in places
        ]
        return [keys[i : i + self.micro] for i in range(0, len(keys), self.micro)]

    def largest_batch(self) -> list[SampleKey]:
        """Return a micro-batch of the items that cost most: what has to fit into memory."""
        order = range(self.micro) if self.sizes is None else np.argsort(-np.asarray(self.sizes), kind="stable")
        size = self.batch_size
        return [
            SampleKey(int(index), (self.seed, _SAMPLE, 0, 0), 0, self.first + place, size)
            for place, index in enumerate(order[: self.micro])
        ]

    def _permutation(self, epoch: int) -> np.ndarray:
        return np.random.default_rng(np.random.SeedSequence((self.seed, _ORDER, epoch))).permutation(self.length)


def validation_batches(length: int, batch_size: int, seed: int) -> list[list[SampleKey]]:
    """Return all items in order as batches, the last one perhaps smaller; each item has the same seed every time."""
    keys = [SampleKey(index, (seed, _VALID, index)) for index in range(length)]
    return [keys[i : i + batch_size] for i in range(0, length, batch_size)]
