"""The batch sampler: which items, in which order, for whom."""

from itertools import islice

import numpy as np
import pytest

from audiolab.dataset import SystemDataset
from audiolab.errors import AudiolabError
from audiolab.training.sampler import BatchSampler, validation_batches


class Items(SystemDataset):
    """As many items as sizes, or all of one size."""

    def __init__(self, count, sizes=None, groups=None):
        self.count, self._sizes, self._groups = count, sizes, groups

    def __len__(self):
        return self.count

    def fingerprint(self):
        return f"{len(self)} items"

    def __getitem__(self, key):
        return {"utt": f"utt{key.index}"}

    def collate(self, samples):
        return {"utts": [sample["utt"] for sample in samples]}

    def sizes(self):
        return self._sizes

    def groups(self):
        return self._groups


FORTY = Items(40)
RNG = np.random.default_rng(0)
SPEECH = Items(3200, RNG.uniform(1, 20, 3200), RNG.integers(3, size=3200))  # seconds; languages


def whole_batch(step, world, accumulate, dataset=FORTY, batch_size=12, **options):
    samplers = [BatchSampler(dataset, batch_size, 3, world, rank, accumulate, **options) for rank in range(world)]
    return [key for sampler in samplers for batch in sampler.micro_batches(step) for key in batch]


@pytest.mark.parametrize(("world", "accumulate"), [(2, 1), (1, 3), (2, 3), (4, 1)])
@pytest.mark.parametrize(("dataset", "bucket"), [(FORTY, 0), (SPEECH, 0), (SPEECH, 10)])
def test_samples_do_not_depend_on_processes_and_micro_batches(world, accumulate, dataset, bucket):
    for step in range(7):
        one = whole_batch(step, 1, 1, dataset, bucket=bucket)
        shared = whole_batch(step, world, accumulate, dataset, bucket=bucket)
        assert {key.whole.parts for key in shared} == {world * accumulate}
        assert [key._replace(whole=key.whole._replace(parts=1)) for key in shared] == one


def test_an_epoch_takes_each_item_at_most_once_and_epochs_differ():
    sampler = BatchSampler(FORTY, 12, seed=0)
    epochs = [[key.index for batch in islice(iter(sampler), 3 * e, 3 * e + 3) for key in batch] for e in range(3)]
    assert sampler.steps_per_epoch == 3
    assert all(len(set(epoch)) == 36 for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]
    assert epochs[0] != [key.index for batch in islice(BatchSampler(FORTY, 12, seed=1), 3) for key in batch]


@pytest.mark.parametrize("bucket", [0, 7])
def test_batches_are_of_one_group_and_groups_are_mixed_over_the_epoch(bucket):
    sampler = BatchSampler(SPEECH, 32, seed=0, bucket=bucket)
    epoch = [[key.index for key in sampler.micro_batches(step)[0]] for step in range(sampler.steps_per_epoch)]
    groups = [set(SPEECH.groups()[items].tolist()) for items in epoch]
    assert all(len(each) == 1 for each in groups)
    assert len({next(iter(each)) for each in groups[:10]}) == 3
    assert len({item for items in epoch for item in items}) == 32 * len(epoch)
    left_out = np.bincount(SPEECH.groups()) - 32 * np.bincount([next(iter(each)) for each in groups])
    assert (left_out < 32).all()
    again = BatchSampler(SPEECH, 32, seed=0, bucket=bucket)
    second = [[key.index for key in again.micro_batches(len(epoch) + step)[0]] for step in range(len(epoch))]
    assert epoch != second
    lengths = [SPEECH.sizes()[items].mean() for items in epoch]
    assert abs(np.corrcoef(lengths[:-1], lengths[1:])[0, 1]) < 0.3  # short and long ones are mixed


@pytest.mark.parametrize(("bucket", "least", "most"), [(0, 1.8, 2.0), (30, 1.0, 1.1)])
def test_buckets_save_padding(bucket, least, most):
    """Utterances of 1 to 20 s in batches of 32: frames computed to frames needed, over an epoch."""
    sizes = SPEECH.sizes()
    sampler = BatchSampler(SPEECH, 32, seed=0, bucket=bucket)
    batches = [sizes[[key.index for key in sampler.micro_batches(step)[0]]] for step in range(sampler.steps_per_epoch)]
    factor = sum(len(each) * each.max() for each in batches) / sum(each.sum() for each in batches)
    assert least <= factor <= most


def test_all_parts_know_the_whole_batch():
    sizes = SPEECH.sizes()
    for step in (0, 3):
        keys = whole_batch(step, 2, 3, SPEECH)
        chosen = sizes[[key.index for key in keys]]
        (whole,) = {(k.whole.size, k.whole.parts, k.whole.step, k.whole.seed, *k.whole.facts.values()) for k in keys}
        assert whole[:3] == (12, 6, step)
        assert whole[4:] == (chosen.max(), chosen.sum())
        assert keys[0].whole.share(12) == 2
    seeds = {whole_batch(step, 1, 1)[0].whole.seed for step in range(9)}
    assert len(seeds) == 9
    assert not seeds & {key.seed for step in range(9) for key in whole_batch(step, 1, 1)}


def test_every_sample_has_a_seed_of_its_own():
    keys = [key for batch in islice(BatchSampler(Items(10), 5, seed=0), 40) for key in batch]
    assert len({key.seed for key in keys}) == len(keys)
    draws = {key.generator().integers(2**62) for key in keys}
    assert len(draws) == len(keys)


def test_begins_anywhere():
    for dataset, bucket in ((FORTY, 0), (SPEECH, 5)):
        whole = list(islice(BatchSampler(dataset, 12, 5, world=2, rank=1, accumulate=2, bucket=bucket), 30))
        sampler = BatchSampler(dataset, 12, 5, world=2, rank=1, accumulate=2, bucket=bucket)
        sampler.step = 7
        assert list(islice(sampler, 16)) == whole[14:]


def test_largest_batch():
    items = Items(6, np.array([3, 9, 1, 9, 8, 2]))
    for rank in range(2):
        assert [key.index for key in BatchSampler(items, 6, 0, 2, rank).largest_batch()] == [1, 3, 4]
    assert [key.index for key in BatchSampler(Items(6), 2, 0).largest_batch()] == [0, 1]
    grouped = Items(6, np.array([3, 9, 1, 5, 8, 2]), np.array([1, 0, 1, 0, 1, 0]))
    assert [key.index for key in BatchSampler(grouped, 2, 0).largest_batch()] == [1, 3]
    assert BatchSampler(grouped, 2, 0).largest_batch()[0].whole.facts == {"longest": 9, "total": 14}


def test_impossible_batches_are_refused_with_both_numbers():
    with pytest.raises(AudiolabError, match=r"batch_size is 6, which 2 processes.*accumulate 2.*multiple of 4"):
        BatchSampler(Items(100), 6, 0, world=2, accumulate=2)
    with pytest.raises(AudiolabError, match="7 items, less than one batch of 8"):
        BatchSampler(Items(7), 8, 0)
    with pytest.raises(AudiolabError, match="group 1 of the training set has 2 items, less than one batch of 3"):
        BatchSampler(Items(7, groups=np.array([0, 0, 0, 4, 4, 7, 7])[[0, 1, 2, 3, 4, 0, 1]]), 3, 0)
    with pytest.raises(AudiolabError, match=r"trainer.bucket: items of this data all have the same size"):
        BatchSampler(FORTY, 8, 0, bucket=2)


def test_validation_takes_all_items_once_with_fixed_seeds():
    batches = validation_batches(Items(7), 3, seed=1)
    assert [[key.index for key in batch] for batch in batches] == [[0, 1, 2], [3, 4, 5], [6]]
    seeds = [[key.seed for batch in validation_batches(Items(7), size, seed=1) for key in batch] for size in (2, 3)]
    assert seeds[0] == seeds[1]
    assert [batch[0].whole.size for batch in batches] == [3, 3, 1]
    grouped = validation_batches(Items(5, groups=np.array([2, 0, 2, 2, 0])), 2, seed=1)
    assert [[key.index for key in batch] for batch in grouped] == [[1, 4], [0, 2], [3]]
