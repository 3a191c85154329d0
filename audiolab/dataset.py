"""What a system's data shows to the trainer: samples by key, and what is known of the batch that a key belongs to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from torch.utils.data import Dataset

Batch = dict[str, Any]
"""Tensors with the batch first, ``utts``, the utterance ids, one for each item, and ``whole``, a `Whole`."""


class Whole(NamedTuple):
    """The whole batch of a step, of which processes and micro-batches have a part each; the same in all of them.

    What has to be alike in all parts follows from it: how many updates there are, what a masked sum is divided by,
    a length that is drawn once for all.

    Attributes:
        size: Its items.
        parts: In how many micro-batches it is shared out, over all processes.
        step: Number of the step in its epoch, from 0, so that a share that is no whole number of items can be spread
            over steps; 0 in validation.
        seed: What all that its items share at random follows from.
        facts: ``longest`` and ``total`` of its items' sizes, where they have them, and what `SystemDataset.about` says.
    """

    size: int = 1
    parts: int = 1
    step: int = 0
    seed: tuple[int, ...] = (0,)
    facts: Mapping[str, float] = {}

    def share(self, of: float) -> float:
        """Return what a part divides its sum by, so that the mean over parts is the sum over all divided by ``of``.

        Gradients are averaged over parts, which may hold unequally much: frames that are not padding, say.
        """
        return of / self.parts

    def generator(self) -> np.random.Generator:
        """Return the generator for what all items draw together; it begins anew with each call."""
        return np.random.default_rng(np.random.SeedSequence(self.seed))


class SampleKey(NamedTuple):
    """What a batch sampler asks a dataset for: which item, and the seed of all that is random about it.

    The seed depends on the run's seed, the epoch and the position in the epoch, and on nothing else: neither the
    number of processes nor of workers, nor where training was interrupted, changes a sample.

    Attributes:
        index: Number of the item.
        seed: What all that is random about the sample follows from.
        epoch: The epoch, from 0; 0 in validation.
        position: The sample's place in the whole batch, from 0, so that a dataset can mix kinds of samples in each
            batch by a rule; 0 in validation.
        whole: That batch.
    """

    index: int
    seed: tuple[int, ...]
    epoch: int = 0
    position: int = 0
    whole: Whole = Whole()

    def generator(self) -> np.random.Generator:
        """Return the generator for crops, augmentation and noise of this sample."""
        return np.random.default_rng(np.random.SeedSequence(self.seed))


class SystemDataset(Dataset, ABC):
    """A map-style dataset as the trainer reads it; items are asked for by `SampleKey`."""

    @abstractmethod
    def __len__(self) -> int:
        """Return how many items an epoch has."""

    @abstractmethod
    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        """Return one sample: arrays, and ``utt``, its utterance id."""

    @abstractmethod
    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Join samples to a batch with ``utts``."""

    def batch(self, keys: Sequence[SampleKey]) -> Batch:
        """Return the batch of some keys of one whole batch, with that as ``whole``."""
        return self.collate([self[key] for key in keys]) | {"whole": keys[0].whole}

    def sizes(self) -> np.ndarray | None:
        """Return the cost of each item (frames, samples), or None where all cost the same.

        The preflight tries the batch of the largest first, and ``trainer.bucket`` puts items of like size together.
        """
        return None

    def groups(self) -> np.ndarray | None:
        """Return the number of each item's group: all items of a whole batch are of one group. None: there is one."""
        return None

    def about(self, keys: Sequence[SampleKey]) -> dict[str, float]:
        """Return numbers about a whole batch, given all its keys: how many items there are of each kind, say.

        Every part gets them, in `Whole.facts`, beside ``longest`` and ``total`` of `sizes` where items have them.
        """
        return {}

    @abstractmethod
    def fingerprint(self) -> str:
        """Return what tells this data from other data: a run is not taken up again on another.

        Best a hash of its contents, or of what `audiolab.data.feature_dir.FeatureDir.fingerprint` says of them.
        """
