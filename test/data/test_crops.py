"""Unpaired crops: drawn by their key alone, never across utterances, and without a sentence in common on request."""

import numpy as np
import pytest
import torch
from feature_folder import make_features

from audiolab.data.crops import UnpairedCrops, UnpairedCropsConfig, evenly, without_shared_sentences
from audiolab.data.speakers import read_range
from audiolab.dataset import SampleKey
from audiolab.errors import AudiolabError

BANDS = 4


def make_numbered(folder, lengths):
    """Features whose value is 1000 × the utterance's number + the frame; ``lengths`` by utterance ``<spk>_<n>``."""
    make_features(
        folder,
        {
            name: 1000.0 * number + np.arange(frames)[:, None] + np.zeros(BANDS)
            for number, (name, frames) in enumerate(sorted(lengths.items()))
        },
    )


@pytest.fixture
def folder(tmp_path):
    make_numbered(tmp_path, {f"{s}_{n}": 40 + 7 * n for s in "AB" for n in range(5)} | {"A_9": 3})
    return tmp_path


def config(folder, **changes):
    return UnpairedCropsConfig(str(folder), "A", "B", **({"frames": 16} | changes))


def test_a_sample_depends_on_its_key_alone(folder):
    first, second = (UnpairedCrops(config(folder), held_out=False) for _ in range(2))
    first[SampleKey(2, (0, 0, 5))]
    a, b = (each[SampleKey(1, (0, 3, 1))] for each in (first, second))
    other = first[SampleKey(1, (0, 3, 2))]
    for name in ("x", "y", "noise"):
        assert np.array_equal(a[name], b[name])
        assert not np.array_equal(a[name], other[name])


def test_crops_are_consecutive_frames_of_one_utterance(folder):
    crops = UnpairedCrops(config(folder), held_out=False)
    seen = set()
    for position in range(200):
        sample = crops[SampleKey(position % len(crops), (0, 0, position))]
        for name in ("x", "y"):
            assert sample[name].shape == (BANDS, 16)
            assert (np.diff(sample[name], axis=1) == 1).all()
            seen.add(int(sample[name][0, 0] // 1000))
    # A_4 and B_4 are held out (A_9 is too short): numbers 0 to 3 of A, 6 to 9 of B remain
    assert seen == {0, 1, 2, 3, 6, 7, 8, 9}


def test_held_out_crops_lie_side_by_side_and_are_not_trained_on(folder):
    valid = UnpairedCrops(config(folder, held_out=2), held_out=True)
    samples = [valid[SampleKey(i, (0,))] for i in range(len(valid))]
    starts = sorted({float(sample["x"][0, 0]) for sample in samples})
    assert starts == [3000, 3016, 3032, 4000, 4016, 4032, 4048]


def epoch_of(crops, epoch, seed=0):
    """Return the numbers of the utterances of X and of Y, item by item."""
    samples = (crops[SampleKey(i, (seed, 1, epoch, i), epoch)] for i in range(len(crops)))
    return [tuple(int(sample[name][0, 0] // 1000) for name in "xy") for sample in samples]


@pytest.mark.parametrize(("a", "b"), [(7, 3), (3, 7), (5, 5), (9, 2)])
def test_all_utterances_are_drawn_equally_often(tmp_path, a, b):
    """Within an epoch but for one, and over as many epochs as it takes exactly."""
    make_numbered(tmp_path, {f"A_{n}": 40 + n for n in range(a + 1)} | {f"B_{n}": 50 + n for n in range(b + 1)})
    crops = UnpairedCrops(config(tmp_path), held_out=False)
    epochs = [epoch_of(crops, epoch) for epoch in range(min(a, b))]
    assert len(epochs[0]) == max(a, b)
    for which, count in ((0, a), (1, b)):
        counts = np.array([np.unique([pair[which] for pair in epoch], return_counts=True)[1] for epoch in epochs])
        assert counts.shape == (len(epochs), count)
        assert np.ptp(counts, axis=1).max() <= 1
        assert np.ptp(counts.sum(0)) == 0


def test_pairs_are_drawn_anew_for_each_epoch_and_seed(tmp_path):
    make_numbered(tmp_path, {f"{s}_{n}": 40 for s in "AB" for n in range(13)})
    crops = UnpairedCrops(config(tmp_path), held_out=False)
    first, again, other, seeded = (epoch_of(crops, *key) for key in ((0, 0), (0, 0), (1, 0), (0, 1)))
    assert first == again
    assert len({tuple(pairs) for pairs in (first, other, seeded)}) == 3
    assert len({y - x for x, y in first}) > 3  # not by one shift


@pytest.mark.parametrize(("length", "count"), [(10, 3), (10, 10), (7, 5), (5, 1)])
def test_places_are_shared_out_evenly(length, count):
    for epoch in range(20):
        drawn = [evenly(place, epoch, length, count) for place in range(length)]
        assert np.ptp(np.bincount(drawn, minlength=count)) <= 1


def test_statistics_are_the_closed_form_over_what_is_trained_on(folder):
    """A_4 is held out, A_9 is too short: neither counts; nor does their F0."""
    statistics = UnpairedCrops(config(folder), held_out=False).source
    values = np.concatenate([1000.0 * n + np.arange(40 + 7 * n) for n in range(4)])
    assert torch.allclose(statistics.mean, torch.full((BANDS,), values.mean(), dtype=torch.float32))
    assert torch.allclose(statistics.std, torch.full((BANDS,), values.std(), dtype=torch.float32), rtol=1e-5)
    assert torch.allclose(statistics.profile.mean, torch.full((BANDS,), values.mean()).double())
    assert (statistics.order, statistics.f0) == (16000 // 400, 110.0)


def test_no_sentence_that_is_left_out_moves_a_statistic(tmp_path):
    """Held-out ones and those of the other speaker's half may be anything, F0 included."""
    feats = {f"{s}_{n}": np.random.default_rng(n).normal(-40, 5, (40, BANDS)) for s in "AB" for n in range(8)}
    changed = [*(f"A_{n}" for n in (1, 3, 5, 7)), "A_6", *(f"B_{n}" for n in (0, 2, 4, 6)), "B_7"]
    make_features(tmp_path / "a", feats)
    other = feats | {name: feats[name] + 25 for name in changed}
    make_features(tmp_path / "b", other, f0s=dict.fromkeys(changed, 190.0))
    sets = [UnpairedCrops(config(tmp_path / name, unshared=True), held_out=False) for name in "ab"]
    for first, second in ((sets[0].source, sets[1].source), (sets[0].target, sets[1].target)):
        assert torch.equal(first.mean, second.mean)
        assert torch.equal(first.std, second.std)
        assert first.f0 == second.f0 == 110.0
        assert first.profile.level == second.profile.level
        assert torch.equal(first.profile.covariance, second.profile.covariance)


def test_collate_stacks_and_names(folder):
    crops = UnpairedCrops(config(folder), held_out=False)
    batch = crops.collate([crops[SampleKey(i, (i,))] for i in range(3)])
    assert batch["x"].shape == (3, BANDS, 16)
    assert batch["x"].dtype == torch.float32
    assert all(len(utts.split()) == 2 for utts in batch["utts"])


def test_fingerprint_tells_features_apart(folder):
    before = UnpairedCrops(config(folder), held_out=False).fingerprint()
    assert UnpairedCrops(config(folder), held_out=False).fingerprint() == before
    make_numbered(folder, {f"{s}_{n}": 41 + 7 * n for s in "AB" for n in range(5)})
    assert UnpairedCrops(config(folder), held_out=False).fingerprint() != before


def test_fingerprint_tells_values_apart(tmp_path):
    """Features made anew, of the same utterances and lengths, are others by one value."""
    feats = {f"{s}_{n}": np.random.default_rng(n).normal(-40, 5, (40, BANDS)) for s in "AB" for n in range(3)}
    make_features(tmp_path / "a", feats)
    feats["B_1"][20, 2] += 0.01
    make_features(tmp_path / "b", feats)
    first, second = (UnpairedCrops(config(tmp_path / name), held_out=False).fingerprint() for name in "ab")
    assert first != second


def test_speakers_share_no_sentence_on_request():
    source, target = [f"A_{n}" for n in range(6)], [f"B_{n}" for n in range(2, 8)]
    kept = without_shared_sentences(source, target)
    assert kept == (["A_0", "A_1", "A_2", "A_4"], ["B_3", "B_5", "B_6", "B_7"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"frames": 500}, "speaker A has 0 utterances of 500 frames or more"),
        ({"held_out": 5}, "speaker A has 5 utterances of 16 frames or more; 5 are held out"),
    ],
)
def test_what_is_too_little_is_named(folder, changes, message):
    with pytest.raises(AudiolabError, match=message):
        UnpairedCrops(config(folder, **changes), held_out=False)


def test_a_broken_f0_table_is_named(folder):
    (folder / "spk2f0").write_text("A 70 high 110\nB 70 200 110\n")
    with pytest.raises(AudiolabError, match=r"spk2f0: 'A 70 high 110' is not <floor Hz> <ceiling Hz> <median Hz>"):
        read_range(folder, "A")


def test_a_speaker_without_a_range_is_named(folder):
    (folder / "spk2f0").write_text("B 70 200 110\n")
    with pytest.raises(AudiolabError, match="spk2f0: no entry for speaker A; run the stages 1 and 2 again"):
        _ = UnpairedCrops(config(folder), held_out=False).source


def test_a_band_that_never_changes_is_named(tmp_path):
    make_features(tmp_path, {f"{s}_{n}": np.full((40, BANDS), -30.0) for s in "AB" for n in range(3)})
    with pytest.raises(AudiolabError, match="speaker A has a band that never changes; are the wavs silent"):
        _ = UnpairedCrops(config(tmp_path), held_out=False).source


def test_unknown_speaker_is_named(folder):
    with pytest.raises(AudiolabError, match="no utterance of speaker 'C'"):
        UnpairedCrops(UnpairedCropsConfig(str(folder), "A", "C", frames=16), held_out=False)
