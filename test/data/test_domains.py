"""Batches of two domains."""

import numpy as np
import pytest
import torch
from mixture_folder import make_domains

from audiolab.data.domains import DomainMixtures, DomainMixturesConfig
from audiolab.data.mixtures import MixtureDir
from audiolab.dataset import SampleKey, Whole
from audiolab.errors import AudiolabError
from audiolab.training.sampler import BatchSampler, validation_batches

SECONDS, RATE = 0.5, 16000


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    return make_domains(tmp_path_factory.mktemp("domains"), count=12, seconds=SECONDS)


def dataset(folders, part="train", **options):
    options = {"seconds": SECONDS, "source_share": 0.3} | options
    return DomainMixtures(DomainMixturesConfig(**(folders | options)), part)


def batches(data, batch_size, steps, world=1):
    """Return, for each step, the samples of all processes in the order of the global batch."""
    samplers = [BatchSampler(data, batch_size, 7, world, rank) for rank in range(world)]
    return [[data[key] for sampler in samplers for key in sampler.micro_batches(step)[0]] for step in range(steps)]


def test_share_falls_with_the_epochs_to_its_least(folders):
    """30 %, 3 % less each epoch, at least 2 of a batch of 12 (one step an epoch)."""
    data = dataset(folders, share_step=0.03, least_source=2)
    counts = [sum(sample["source"] for sample in batch) for batch in batches(data, 12, 12)]
    assert counts == [max(2, round(12 * max(0.0, 0.3 - 0.03 * epoch))) for epoch in range(12)]


@pytest.mark.parametrize("batch_size", [8, 20, 64])
def test_share_falls_alike_in_batches_of_any_size(folders, batch_size):
    """30, 27, 24 % of an epoch's samples, though of 8 they are 2.4, 2.16 and 1.92, and no step is off by one."""
    data = dataset(folders, share_step=0.03)
    for epoch, share in enumerate((0.3, 0.27, 0.24)):
        keys = [SampleKey(0, (0,), epoch, 0, Whole(batch_size, step=step)) for step in range(250)]
        counts = np.array([data.source_count(key) for key in keys])
        assert abs(counts.sum() - 250 * share * batch_size) <= 0.5
        assert np.abs(np.cumsum(counts) - share * batch_size * np.arange(1, 251)).max() <= 0.5 + 1e-5


def test_least_source_holds_in_each_step(folders):
    data = dataset(folders, source_share=0.3, share_step=0.1, least_source=2)
    for epoch, wanted in enumerate((2.4, 2.0, 2.0)):
        counts = [data.source_count(SampleKey(0, (0,), epoch, 0, Whole(8, step=step))) for step in range(10)]
        assert sum(counts) == round(10 * wanted)
        assert min(counts) == 2


def test_steps_know_their_number_in_the_epoch(folders):
    data = dataset(folders, source_share=0.375)  # 1.5 of 4
    samples = batches(data, 4, 6)
    assert [sum(sample["source"] for sample in batch) for batch in samples] == [2, 1, 2] * 2
    sampler = BatchSampler(data, 4, 7)
    assert [sampler.micro_batches(step)[0][0].whole.facts for step in range(6)] == [
        {"source": n} for n in (2, 1, 2) * 2
    ]


def test_targets_noise_is_known_only_where_that_is_asked_for(folders):
    labelled = dataset(folders, source_share=0.5, leak_target_noise=True)
    (batch,) = (labelled.collate(samples) for samples in batches(labelled, 12, 1))
    assert batch["target_noise"]
    target = ~batch["source"]
    assert torch.isnan(batch["speech"][target]).all()
    data = dataset(folders, source_share=0.5)
    (plain,) = (data.collate(samples) for samples in batches(data, 12, 1))
    assert "target_noise" not in plain
    assert torch.isnan(plain["noise"][target]).all()
    assert torch.equal(plain["noisy"], batch["noisy"])
    mixtures = MixtureDir(folders["target_train"])
    for utt, noise in zip(np.array(batch["utts"])[target.numpy()], batch["noise"][target].numpy()):
        index = mixtures.ids.index(utt)
        whole = mixtures.parts(index, 0, int(mixtures.samples[index]))[1]
        assert np.abs(np.lib.stride_tricks.sliding_window_view(whole, len(noise)) - noise).sum(1).min() == 0
    with pytest.raises(AudiolabError, match="leak_target_noise is true, but this system does not use it"):
        labelled.require(target=True, target_noise=False)


def test_source_samples_are_spread_evenly_over_a_batch(folders):
    (batch,) = batches(dataset(folders, source_share=0.5), 12, 1)
    assert [sample["source"] for sample in batch] == [False, True] * 6


def test_processes_share_the_same_batches(folders):
    data = dataset(folders)
    for one, two in zip(batches(data, 6, 3), batches(data, 6, 3, world=2)):
        assert [sample["utt"] for sample in one] == [sample["utt"] for sample in two]
        for first, second in zip(one, two):
            assert np.array_equal(first["noisy"], second["noisy"])
            assert first["order"] == second["order"]


def test_a_process_knows_places_and_share_of_the_whole_batch(folders):
    data = dataset(folders, source_share=0.5, share_step=0.25)
    samplers = [BatchSampler(data, 6, 7, 2, rank) for rank in range(2)]
    for step, share in ((0, 0.5), (2, round(6 * 0.25) / 6), (4, 0.0)):
        parts = [data.batch(sampler.micro_batches(step)[0]) for sampler in samplers]
        assert torch.cat([part["place"] for part in parts]).tolist() == list(range(6))
        assert sum(int(part["source"].sum()) for part in parts) == round(6 * share)
        assert [part["whole"].facts["source"] for part in parts] == [round(6 * share)] * 2


def test_target_samples_have_no_labels_and_source_samples_add_up(folders):
    (batch,) = batches(dataset(folders, source_share=0.5), 12, 1)
    for sample in batch:
        assert np.isfinite(sample["noisy"]).all()
        if sample["source"]:
            assert np.array_equal(sample["noisy"], sample["speech"] + sample["noise"])
        else:
            assert np.isnan(sample["speech"]).all()
            assert np.isnan(sample["noise"]).all()


def test_excerpts_begin_anywhere_in_a_mixture(folders):
    """Over 20 epochs evenly from its first sample to the last that leaves enough; orders are drawn for each, too."""
    data = dataset(folders, source_share=0.0)
    places, orders = [], []
    for batch in batches(data, 12, 20):
        for sample in batch:
            number = data.target.ids.index(sample["utt"])
            whole = sum(data.target.parts(number, 0, int(data.target.samples[number])))
            spare = len(whole) - data.samples
            starts = [at for at in np.flatnonzero(whole[: spare + 1] == sample["noisy"][0])
                      if np.array_equal(whole[at : at + data.samples], sample["noisy"])]  # fmt: skip
            assert len(starts) == 1
            places.append(starts[0] / spare)
            orders.append(sample["order"])
    for drawn in (places, orders):
        assert np.histogram(drawn, 4, (0, 1))[0].min() > 40  # of 240, 60 are to be expected


def test_an_epoch_without_source_goes_once_over_the_target(folders):
    data = dataset(folders, source_share=0.0)
    (batch,) = batches(data, 12, 1)
    assert sorted(sample["utt"] for sample in batch) == MixtureDir(folders["target_train"]).ids


def test_pool_restricts_the_source(folders, tmp_path):
    ids = MixtureDir(folders["source_train"]).ids
    (tmp_path / "pool").write_text(f"{ids[3]}\n{ids[1]} 0.9\n")
    data = dataset(folders, source_share=1.0, source_pool=str(tmp_path / "pool"))
    found = {sample["utt"] for batch in batches(data, 12, 4) for sample in batch}
    assert found == {ids[1], ids[3]}
    (tmp_path / "pool").write_text("nobody\n")
    with pytest.raises(AudiolabError, match=r"'nobody' is not in .*source/train"):
        dataset(folders, source_pool=str(tmp_path / "pool"))


def test_validation_has_all_mixtures_of_both_with_labels(folders):
    data = dataset(folders, "valid")
    samples = [data[keys[0]] for keys in validation_batches(data, 1, 0)]
    assert [sample["utt"] for sample in samples] == (
        [*MixtureDir(folders["source_valid"]).ids, *MixtureDir(folders["target_valid"]).ids]
    )
    batch = data.collate(samples)
    assert batch["noisy"].shape == (24, RATE * SECONDS)
    assert batch["source"].tolist() == [True] * 12 + [False] * 12
    assert torch.isfinite(batch["speech"]).all()


def test_fingerprint_tells_data_apart(folders, tmp_path):
    other = make_domains(tmp_path, count=12, seconds=0.6)
    assert dataset(folders).fingerprint() == dataset(folders).fingerprint()
    assert dataset(folders).fingerprint() != dataset(other).fingerprint()


def test_fingerprint_tells_pools_apart(folders, tmp_path):
    """Also those of one size; the order of a pool's lines says nothing."""
    ids = MixtureDir(folders["source_train"]).ids
    prints = []
    for lines in ([ids[1], ids[3]], [ids[3], ids[1]], [ids[1], ids[4]], ids):
        (tmp_path / "pool").write_text("".join(f"{name}\n" for name in lines))
        prints.append(dataset(folders, source_pool=str(tmp_path / "pool")).fingerprint())
    assert prints[0] == prints[1]
    assert len({*prints, dataset(folders).fingerprint()}) == 3
    assert prints[3] == dataset(folders).fingerprint()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seconds": 1.5}, r"source/train: .* s, less than data_conf\.seconds, 1\.5"),
        ({"target_train": None, "target_valid": None}, "source_share is below 1, but target_train is not given"),
        ({"target_valid": None}, "given both or neither"),
        ({"source_train": "nowhere"}, "nowhere: no mixture dir"),
    ],
)
def test_what_cannot_be_is_told(folders, options, said):
    with pytest.raises((AudiolabError, ValueError), match=said):
        dataset(folders, **options)
