"""Which items make up which batch: a function of the seed and the step alone.

Epoch e takes the items of each group in the order of a permutation that is drawn from (seed, e), as many as fill whole
batches; the others are left out of that epoch. With ``bucket``, runs of that many batches are put in the order of
their items' sizes, so that a batch holds items of like size. Where that, or several groups, gives the batches an order,
they are shuffled. The whole batch of a step is shared out: a process takes its contiguous share, and cuts it into
micro-batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
from torch.utils.data import Sampler

from audiolab.dataset import SampleKey, SystemDataset, Whole
from audiolab.errors import AudiolabError

_ORDER, _SAMPLE, _VALID, _BATCH = range(4)


class BatchSampler(Sampler[list[SampleKey]]):
    """An endless sequence of a process's micro-batches that can begin at any step.

    Args:
        dataset: Whose items they are.
        batch_size: Items in a step's whole batch.
        seed: The run's.
        world: Number of processes.
        rank: Which of them this is.
        accumulate: Micro-batches of a process in one step.
        bucket: Of so many batches the items are put in the order of their sizes; 0: of none.

    Attributes:
        step: The step, counted over all epochs from 0, at which the next iteration begins.
        steps_per_epoch: Number of full batches in an epoch.

    Raises:
        AudiolabError: The batch cannot be shared out evenly, or is larger than the dataset or a group.
    """

    def __init__(
        self,
        dataset: SystemDataset,
        batch_size: int,
        seed: int,
        world: int = 1,
        rank: int = 0,
        accumulate: int = 1,
        bucket: int = 0,
    ) -> None:
        if batch_size % (world * accumulate):
            raise AudiolabError(
                f"trainer.batch_size is {batch_size}, which {world} processes with trainer.accumulate {accumulate} "
                f"cannot share evenly; set a multiple of {world * accumulate}"
            )
        self.dataset, self.batch_size, self.seed, self.bucket = dataset, batch_size, seed, bucket
        self.sizes = dataset.sizes()
        if bucket and self.sizes is None:
            raise AudiolabError("trainer.bucket: items of this data all have the same size; set it to 0")
        self.groups = grouped(dataset)
        for number, members in enumerate(self.groups):
            if len(members) < batch_size:
                which = f"group {number} of the training set" if len(self.groups) > 1 else "the training set"
                raise AudiolabError(
                    f"{which} has {len(members)} items, less than one batch of {batch_size}; lower trainer.batch_size"
                )
        self.accumulate = accumulate
        self.micro = batch_size // (world * accumulate)
        self.first = rank * self.micro * accumulate
        self.parts = world * accumulate
        self.steps_per_epoch = sum(len(members) // batch_size for members in self.groups)
        self.step = 0
        self._order = lru_cache(maxsize=2)(self._batches)

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
        epoch, number = divmod(step, self.steps_per_epoch)
        return self._shared_out(self._order(epoch)[number], epoch, number)

    def largest_batch(self) -> list[SampleKey]:
        """Return a micro-batch of the items that cost most, all of one group: what has to fit into memory."""
        order = [members[: self.batch_size] for members in self.groups]
        if self.sizes is not None:
            sorts = [members[np.argsort(-self.sizes[members], kind="stable")] for members in self.groups]
            order = [members[: self.batch_size] for members in sorts]
            order.sort(key=lambda members: -self.sizes[members[: self.micro]].sum())
        return self._shared_out(np.roll(order[0], self.first), 0, 0)[0]

    def _shared_out(self, items: np.ndarray, epoch: int, number: int) -> list[list[SampleKey]]:
        whole = Whole(self.batch_size, self.parts, number, (self.seed, _BATCH, epoch, number))
        place = number * self.batch_size
        keys = _told(
            self.dataset,
            self.sizes,
            [
                SampleKey(int(item), (self.seed, _SAMPLE, epoch, place + position), epoch, position, whole)
                for position, item in enumerate(items)
            ],
        )
        end = self.first + self.micro * self.accumulate
        return [keys[i : i + self.micro] for i in range(self.first, end, self.micro)]

    def _batches(self, epoch: int) -> np.ndarray:
        """Return the items of an epoch's batches, [steps_per_epoch, batch_size]."""
        generator = np.random.default_rng(np.random.SeedSequence((self.seed, _ORDER, epoch)))
        batches = [self._in_batches(members[generator.permutation(len(members))]) for members in self.groups]
        joined = np.concatenate(batches)
        return generator.permutation(joined) if len(batches) > 1 or self.bucket else joined

    def _in_batches(self, order: np.ndarray) -> np.ndarray:
        order = order[: len(order) // self.batch_size * self.batch_size]
        if self.bucket:
            run = self.bucket * self.batch_size
            runs = [order[start : start + run] for start in range(0, len(order), run)]
            order = np.concatenate([each[np.argsort(self.sizes[each], kind="stable")] for each in runs])
        return order.reshape(-1, self.batch_size)


def validation_batches(dataset: SystemDataset, batch_size: int, seed: int) -> list[list[SampleKey]]:
    """Return all items in order as batches, each of one group; an item has the same seed every time.

    A group's last batch may be smaller.
    """
    batches, sizes = [], dataset.sizes()
    for members in grouped(dataset):
        for start in range(0, len(members), batch_size):
            items = members[start : start + batch_size].tolist()
            whole = Whole(len(items), seed=(seed, _VALID, items[0], _BATCH))
            batches.append(
                _told(dataset, sizes, [SampleKey(item, (seed, _VALID, item), whole=whole) for item in items])
            )
    return batches


def grouped(dataset: SystemDataset) -> list[np.ndarray]:
    """Return the items of each group, in order."""
    groups = dataset.groups()
    if groups is None:
        return [np.arange(len(dataset))]
    return [np.flatnonzero(groups == group) for group in np.unique(groups)]


def _told(dataset: SystemDataset, sizes: np.ndarray | None, keys: Sequence[SampleKey]) -> list[SampleKey]:
    """Return the keys of a whole batch with what is known about it."""
    facts = dataset.about(keys)
    if sizes is not None:
        chosen = sizes[[key.index for key in keys]]
        facts = {"longest": chosen.max().item(), "total": chosen.sum().item()} | facts
    whole = keys[0].whole._replace(facts=facts)
    return [key._replace(whole=whole) for key in keys]
