"""Crops of many speakers and the speakers they may be converted to."""

from collections import Counter

import numpy as np
import pytest
import torch
from feature_folder import make_features
from voices_folder import make_voices, mels

from audiolab.data.speaker_pairs import SpeakerPairs, SpeakerPairsConfig, speaker_embeddings
from audiolab.datadir.arkio import MatrixTable
from audiolab.dataset import SampleKey
from audiolab.errors import AudiolabError


def pairs(folder, held_out=False, **config):
    return SpeakerPairs(SpeakerPairsConfig(str(folder), **config), held_out)


def epoch(data, number, seed=0):
    """Return all samples of an epoch."""
    return [data[SampleKey(index, (seed, number, index), number)] for index in range(len(data))]


def place_of(crop, whole):
    """Return where in an utterance a crop lies."""
    found = [n for n in range(len(whole) - len(crop) + 1) if np.array_equal(crop, whole[n : n + len(crop)])]
    assert len(found) == 1
    return found[0]


def test_every_utterance_comes_as_often_as_any_other_of_its_speaker_and_every_speaker_too(tmp_path):
    """The authors' loader never reads the first two of each speaker, and passes over speakers with less than ten."""
    make_voices(tmp_path, mels("ABCD", (12, 5, 2, 3), 30, bands=4))
    data = pairs(tmp_path, frames=16)
    assert len(data) == 22 - 4
    seen, speakers = Counter(), []
    for number in range(40):
        drawn = [sample["utt"] for sample in epoch(data, number)]
        speakers.append(Counter(utt[0] for utt in drawn))
        seen.update(drawn)
    assert all(max(each.values()) - min(each.values()) <= 1 and len(each) == 4 for each in speakers)
    trained = {"A": 11, "B": 4, "C": 1, "D": 2}  # the last one of each is held out
    last = {"A": "A_9"}  # ids are in byte order, so A_10 and A_11 come before A_2
    everything = {f"{speaker}_{n}" for speaker, count in trained.items() for n in range(count)} | {"A_11"}
    assert seen.keys() == everything - set(last.values())
    for speaker in "ABCD":
        counts = [count for utt, count in seen.items() if utt[0] == speaker]
        assert max(counts) - min(counts) <= 1


def test_crops_and_speakers_are_those_that_a_sample_says(tmp_path):
    feats = mels("ABC", 4, (20, 33, 16, 25), bands=4)
    embeddings = make_voices(tmp_path, feats)
    data = pairs(tmp_path, frames=16)
    assert (data.bands, data.speakers, data.told.shape) == (4, ["A", "B", "C"], (3, 6))
    starts, targets = {}, {}
    for sample in (sample for number in range(30) for sample in epoch(data, number)):
        utt = sample["utt"]
        assert sample["mel"].shape == (16, 4)
        starts.setdefault(utt, set()).add(place_of(sample["mel"], feats[utt]))
        assert np.array_equal(sample["source"], embeddings[utt[0]])
        assert np.array_equal(sample["target"], sample["style"])
        target = next(name for name, vector in embeddings.items() if np.array_equal(vector, sample["target"]))
        targets.setdefault(utt[0], Counter())[target] += 1
    assert starts["A_0"] == set(range(5))  # 20 frames hold five places
    assert starts["A_2"] == {0}
    for speaker, drawn in targets.items():
        assert drawn.keys() == set("ABC") - {speaker}
        assert min(drawn.values()) > 0.3 * sum(drawn.values())


def test_short_utterances_are_followed_by_silence_and_not_left_out(tmp_path):
    feats = mels("AB", 3, 10, bands=4)
    make_voices(tmp_path, feats)
    for held_out in (False, True):
        for sample in epoch(pairs(tmp_path, held_out, frames=16), 0):
            assert np.array_equal(sample["mel"][:10], feats[sample["utt"]])
            assert not sample["mel"][10:].any()


def test_held_out_crops_lie_side_by_side_and_are_always_the_same(tmp_path):
    feats = mels("ABC", 3, (40, 20, 50), bands=4)
    make_voices(tmp_path, feats)
    data = pairs(tmp_path, True, frames=16)
    samples = epoch(data, 0)
    assert [sample["utt"] for sample in samples] == ["A_2"] * 3 + ["B_2"] * 3 + ["C_2"] * 3
    assert [place_of(sample["mel"], feats[sample["utt"]]) for sample in samples] == [0, 16, 32] * 3
    for sample, again in zip(samples, epoch(data, 5, seed=1)):
        assert all(np.array_equal(sample[name], again[name]) for name in sample)
        assert not np.array_equal(sample["source"], sample["target"])
    assert len({tuple(sample["target"]) for sample in samples[:3]}) == 2  # both other speakers have a turn


def test_more_held_out(tmp_path):
    make_voices(tmp_path, mels("AB", 5, 16, bands=4))
    train, valid = (SpeakerPairs(SpeakerPairsConfig(str(tmp_path), frames=16, held_out=2), each) for each in (0, 1))
    assert {sample["utt"] for n in range(4) for sample in epoch(train, n)} == {
        f"{s}_{n}" for s in "AB" for n in (0, 1, 2)
    }
    assert {sample["utt"] for sample in epoch(valid, 0)} == {f"{s}_{n}" for s in "AB" for n in (3, 4)}


def test_a_folder_apart_is_validated_on_and_all_of_the_other_is_trained_on(tmp_path):
    make_voices(tmp_path / "train", mels("AB", 2, 16, bands=4))
    theirs = make_voices(tmp_path / "valid", mels("BCD", 1, 16, bands=4, seed=1), width=6)
    config = SpeakerPairsConfig(str(tmp_path / "train"), str(tmp_path / "valid"), frames=16)
    train, valid = (SpeakerPairs(config, held_out) for held_out in (False, True))
    assert {sample["utt"] for sample in epoch(train, 0)} == {"A_0", "A_1", "B_0", "B_1"}
    assert [sample["utt"] for sample in epoch(valid, 0)] == ["B_0", "C_0", "D_0"]
    assert np.array_equal(valid.told, np.stack([theirs[name] for name in "BCD"]))


def test_one_hot_vectors_need_no_embeddings(tmp_path):
    make_voices(tmp_path / "train", mels("ABC", 2, 16, bands=4), width=None)
    make_voices(tmp_path / "valid", mels("AC", 1, 16, bands=4), width=None)
    config = SpeakerPairsConfig(str(tmp_path / "train"), str(tmp_path / "valid"), frames=16, told_by="one_hot")
    train, valid = (SpeakerPairs(config, held_out) for held_out in (False, True))
    assert np.array_equal(train.told, np.eye(3))
    assert np.array_equal(valid.told, np.eye(3)[[0, 2]])
    assert train.embeddings is None
    for sample in epoch(train, 0):
        assert sample["source"].argmax() == "ABC".index(sample["utt"][0])
        assert sample["target"].sum() == 1 != sample["target"] @ sample["source"]
        assert "style" not in sample


def test_one_hot_vectors_beside_embeddings_leave_these_to_the_style(tmp_path):
    embeddings = make_voices(tmp_path, mels("ABC", 2, 16, bands=4))
    for sample in epoch(pairs(tmp_path, frames=16, told_by="one_hot"), 0):
        assert np.array_equal(sample["style"], embeddings["ABC"[sample["target"].argmax()]])


def test_batches_are_stacked(tmp_path):
    make_voices(tmp_path, mels("ABC", 2, 20, bands=4))
    batch = pairs(tmp_path, frames=16).batch([SampleKey(index, (0, index)) for index in (0, 2)])
    shapes = {name: tuple(value.shape) for name, value in batch.items() if isinstance(value, torch.Tensor)}
    assert shapes == {"mel": (2, 16, 4), "source": (2, 6), "target": (2, 6), "style": (2, 6)}
    assert all(value.dtype == torch.float32 for value in batch.values() if isinstance(value, torch.Tensor))
    assert batch["utts"] == ["A_0", "C_0"]


def test_fingerprint_changes_with_features_speakers_and_what_tells_them(tmp_path):
    feats = mels("AB", 3, 20, bands=4)
    embeddings = make_voices(tmp_path / "a", feats)
    make_voices(tmp_path / "same", feats)
    make_voices(tmp_path / "other", feats | {"A_0": feats["A_0"] + 0.01})
    make_voices(tmp_path / "told", feats, embeddings={name: vector + 1 for name, vector in embeddings.items()})
    found = [pairs(tmp_path / name).fingerprint() for name in ("a", "same", "other", "told")]
    found.append(pairs(tmp_path / "a", told_by="one_hot").fingerprint())
    assert found[0] == found[1]
    assert len(set(found)) == 4


@pytest.mark.parametrize(
    ("speakers", "utterances", "config", "message"),
    [
        ("A", 4, {}, "one speaker alone; conversion is learned from two or more"),
        ("AB", (3, 1), {}, r"speaker B has 1 utterances, and 1 are held out.* lower data_conf\.held_out"),
        ("AB", 3, {"held_out": 3}, "speaker A has 3 utterances, and 3 are held out"),
    ],
)
def test_too_little_data_is_told(tmp_path, speakers, utterances, config, message):
    make_voices(tmp_path, mels(speakers, utterances, 16, bands=4))
    with pytest.raises(AudiolabError, match=message):
        SpeakerPairs(SpeakerPairsConfig(str(tmp_path), **config), held_out=False)


def test_embeddings_that_do_not_fit_are_told(tmp_path):
    feats = mels("AB", 2, 16, bands=4)
    make_voices(tmp_path / "none", feats, width=None)
    with pytest.raises(AudiolabError, match=r"spk_embedding\.scp: no such table; make it with audiolab\.bin\.embed_sp"):
        pairs(tmp_path / "none")
    vector = np.ones(3)
    for name, embeddings, message in (
        ("lacks", {"A": vector}, r"spk_embedding\.scp: no entry for 'B'"),
        ("unlike", {"A": vector, "B": np.ones(4)}, r"B has shape \(4,\), A \(3,\); vectors of one length"),
        ("matrix", {"A": np.ones((2, 3)), "B": vector}, r"A has shape \(2, 3\)"),
    ):
        make_voices(tmp_path / name, feats, embeddings=embeddings)
        with pytest.raises(AudiolabError, match=message):
            pairs(tmp_path / name)


def test_what_has_no_one_hot_vector_is_told(tmp_path):
    make_voices(tmp_path / "train", mels("AB", 2, 16, bands=4))
    make_voices(tmp_path / "valid", mels("BC", 1, 16, bands=4))
    config = SpeakerPairsConfig(str(tmp_path / "train"), str(tmp_path / "valid"), told_by="one_hot")
    with pytest.raises(AudiolabError, match=r"valid: C is no training speaker.*data_conf\.told_by to embedding"):
        SpeakerPairs(config, held_out=True)


def test_features_of_another_kind_are_refused(tmp_path):
    make_features(tmp_path, mels("AB", 2, 16, bands=4))
    with pytest.raises(AudiolabError, match="features of kind envelope, and mel is wanted"):
        pairs(tmp_path)


@pytest.mark.parametrize("config", [{"frames": 0}, {"held_out": 0}])
def test_numbers_without_meaning_are_refused(config):
    with pytest.raises(ValueError, match="frames and held_out must be at least 1"):
        SpeakerPairsConfig("train", **config)


def test_embeddings_of_some_speakers_in_their_order(tmp_path):
    make_voices(tmp_path, mels("ABC", 2, 16, bands=4))
    table = MatrixTable(tmp_path / "spk_embedding.scp")
    found = speaker_embeddings(tmp_path, ["C", "A"])
    assert found.dtype == np.float32
    assert np.array_equal(found, np.stack([table["C"], table["A"]]))
