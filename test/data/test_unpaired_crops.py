"""Crops of two speakers are independent of each other, and statistics are those of what is trained on."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from feature_folder import make_features

from audiolab.data.crops import UnpairedCrops, UnpairedCropsConfig
from audiolab.data.speakers import statistics_of
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.training.sampler import BatchSampler

BANDS, FRAMES, EPOCHS = 4, 8, 300


def made(folder, counts, length=60, **options):
    """Return the training crops of A and B, whose values are 1000 × the utterance's number + the frame."""
    names = [f"{speaker}_{n}" for speaker, count in zip("AB", counts) for n in range(count)]
    make_features(
        folder, {name: 1000.0 * n + np.arange(length)[:, None] + np.zeros(BANDS) for n, name in enumerate(names)}
    )
    return UnpairedCrops(UnpairedCropsConfig(str(folder), "A", "B", **({"frames": FRAMES} | options)), held_out=False)


def names(crops):
    """Return the ids of A's and of B's utterances."""
    return [[crops.features.utterances[number] for number in each] for each in crops.utterances]


def drawn(crops, epochs):
    """Return (epoch, A's utterance, B's, first frame of A's crop, of B's, noise) of all items."""
    sampler = BatchSampler(crops, 1, seed=3)
    found = []
    for step in range(epochs * len(crops)):
        ((key,),) = sampler.micro_batches(step)
        sample = crops[key]
        (one, start), (other, begin) = (divmod(int(sample[name][0, 0]), 1000) for name in "xy")
        found.append((key.epoch, one, other, start, begin, sample["noise"]))
    return found


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """Return the items of many epochs of five utterances of each speaker, of which one is held out."""
    return drawn(made(tmp_path_factory.mktemp("features"), (5, 5)), EPOCHS)


def test_every_pair_of_utterances_comes_as_often(items):
    pairs = Counter((one, other) for _, one, other, *_ in items)
    assert len(pairs) == 16
    expected = len(items) / 16
    assert sum((count - expected) ** 2 / expected for count in pairs.values()) < 40  # of χ² with 9 to 15 degrees


def test_pairs_change_from_epoch_to_epoch(items):
    by_epoch = [{(one, other) for epoch, one, other, *_ in items if epoch == number} for number in range(EPOCHS)]
    assert np.mean([len(a & b) for a, b in pairwise(by_epoch)]) < 1.5  # one of four by chance


def test_places_in_the_utterances_are_independent(items):
    starts = np.array([item[3:5] for item in items])
    assert abs(np.corrcoef(starts.T)[0, 1]) < 0.1
    for column in starts.T:
        assert (column.min(), column.max()) == (0, 60 - FRAMES)
        assert np.mean(column) == pytest.approx((60 - FRAMES) / 2, abs=2)


def test_noise_is_standard_normal_and_new_each_time(items):
    noise = np.stack([item[5] for item in items])
    assert noise.mean() == pytest.approx(0, abs=0.02)
    assert noise.std() == pytest.approx(1, abs=0.02)
    assert abs(np.corrcoef(noise.reshape(len(noise), -1)[:100])[np.triu_indices(100, 1)]).max() < 0.9


@pytest.mark.parametrize("counts", [(4, 9), (9, 4), (6, 7)])
def test_all_utterances_of_a_speaker_come_equally_often(tmp_path, counts):
    """Over a few epochs; the last one of each speaker is held out."""
    first, second = (count - 1 for count in counts)
    items = drawn(made(tmp_path, counts), first * second)
    for position, begin, count in ((1, 0, first), (2, counts[0], second)):
        times = Counter(item[position] for item in items)
        assert set(times) == set(range(begin, begin + count))
        assert len(set(times.values())) == 1


def test_statistics_are_those_of_the_utterances_given():
    """Closed forms; the envelope's order is that of the highest F0."""
    generator = np.random.default_rng(0)
    feats = [-50 + generator.normal(0, 5, (40 + 9 * n, 32)) + np.arange(32) for n in range(3)]
    found = statistics_of("A", feats, 110.0, 200.0, EnvelopeConfig(), "here")
    values = np.concatenate(feats)
    torch.testing.assert_close(found.mean, torch.tensor(values.mean(0), dtype=torch.float32))
    torch.testing.assert_close(found.std, torch.tensor(values.std(0), dtype=torch.float32))
    assert (found.speaker, found.f0, found.order) == ("A", 110.0, 16000 // 400)


def test_speakers_are_not_swapped_and_the_held_out_ones_not_seen(tmp_path):
    crops = made(tmp_path, (3, 3))
    assert names(crops) == [["A_0", "A_1"], ["B_0", "B_1"]]


@pytest.mark.parametrize(("counts", "short"), [((1, 3), "A"), ((3, 1), "B")])
def test_who_has_too_few_utterances_is_named(tmp_path, counts, short):
    with pytest.raises(AudiolabError, match=f"speaker {short} has 1 utterances of {FRAMES} frames or more"):
        made(tmp_path, counts)


def test_shared_sentences_go_to_one_speaker_each(tmp_path):
    crops = made(tmp_path, (6, 6), unshared=True)
    read = [{name.rpartition("_")[2] for name in each} for each in names(crops)]
    assert read == [{"0", "2"}, {"1", "3"}]  # 4 and 5 are held out
