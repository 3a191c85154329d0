"""Unpaired crops: drawn by their key alone, never across utterances, and without a sentence in common on request."""

import numpy as np
import pytest
import torch
from feature_folder import make_features

from audiolab.data.crops import UnpairedCrops, UnpairedCropsConfig, without_shared_sentences
from audiolab.data.speakers import read_statistics
from audiolab.errors import AudiolabError
from audiolab.training.system import SampleKey

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


def test_statistics_are_the_closed_form(folder):
    statistics = read_statistics(folder, "A")
    values = np.concatenate([1000.0 * n + np.arange(40 + 7 * n) for n in range(5)] + [5000.0 + np.arange(3)])
    assert torch.allclose(statistics.mean, torch.full((BANDS,), values.mean(), dtype=torch.float32))
    assert torch.allclose(statistics.std, torch.full((BANDS,), values.std(), dtype=torch.float32), rtol=1e-5)
    assert (statistics.order, statistics.f0) == (16000 // 400, 110.0)


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
        read_statistics(folder, "A")


def test_unknown_speaker_is_named(folder):
    with pytest.raises(AudiolabError, match="no utterance of speaker 'C'"):
        UnpairedCrops(UnpairedCropsConfig(str(folder), "A", "C", frames=16), held_out=False)
