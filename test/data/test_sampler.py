"""The batch sampler: which items, in which order, for whom."""

from itertools import islice

import numpy as np
import pytest

from audiolab.data.sampler import BatchSampler, validation_batches
from audiolab.errors import AudiolabError


def global_batch(step, world, accumulate, batch_size=12, length=40):
    samplers = [BatchSampler(length, batch_size, 3, world, rank, accumulate) for rank in range(world)]
    return [key for sampler in samplers for batch in sampler.micro_batches(step) for key in batch]


@pytest.mark.parametrize(("world", "accumulate"), [(2, 1), (1, 3), (2, 3), (4, 1)])
def test_samples_do_not_depend_on_processes_and_micro_batches(world, accumulate):
    for step in range(7):
        assert global_batch(step, world, accumulate) == global_batch(step, 1, 1)


def test_an_epoch_takes_each_item_at_most_once_and_epochs_differ():
    sampler = BatchSampler(40, 12, seed=0)
    epochs = [[key.index for batch in islice(iter(sampler), 3 * e, 3 * e + 3) for key in batch] for e in range(3)]
    assert sampler.steps_per_epoch == 3
    assert all(len(set(epoch)) == 36 for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs[0] != [key.index for batch in islice(BatchSampler(40, 12, seed=1), 3) for key in batch]


def test_every_sample_has_a_seed_of_its_own():
    keys = [key for batch in islice(BatchSampler(10, 5, seed=0), 40) for key in batch]
    assert len({key.seed for key in keys}) == len(keys)
    draws = {key.generator().integers(2**62) for key in keys}
    assert len(draws) == len(keys)


def test_begins_anywhere():
    whole = list(islice(BatchSampler(40, 12, seed=5, world=2, rank=1, accumulate=2), 30))
    sampler = BatchSampler(40, 12, seed=5, world=2, rank=1, accumulate=2)
    sampler.step = 7
    assert list(islice(sampler, 16)) == whole[14:]


def test_largest_batch():
    sizes = np.array([3, 9, 1, 9, 8, 2])
    assert [key.index for key in BatchSampler(6, 6, 0, world=2, sizes=sizes).largest_batch()] == [1, 3, 4]
    assert [key.index for key in BatchSampler(6, 2, 0).largest_batch()] == [0, 1]


def test_impossible_batches_are_refused_with_both_numbers():
    with pytest.raises(AudiolabError, match=r"batch_size is 6, which 2 processes.*accumulate 2.*multiple of 4"):
        BatchSampler(100, 6, 0, world=2, accumulate=2)
    with pytest.raises(AudiolabError, match="7 items, less than one batch of 8"):
        BatchSampler(7, 8, 0)


def test_validation_takes_all_items_once_with_fixed_seeds():
    batches = validation_batches(7, 3, seed=1)
    assert [[key.index for key in batch] for batch in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [key for batch in validation_batches(7, 2, seed=1) for key in batch] == [k for b in batches for k in b]
