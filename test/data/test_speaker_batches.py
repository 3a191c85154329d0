"""Batches of speakers: which crops they have, that a whole batch has one length, what is left out and refused."""

import numpy as np
import pytest
from feature_folder import make_features

from audiolab.config import from_dict
from audiolab.data.speaker_batches import SpeakerBatches, SpeakerBatchesConfig, Voices
from audiolab.dataset import SampleKey, Whole
from audiolab.errors import AudiolabError
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.training.sampler import BatchSampler, validation_batches

MEL = LogMelConfig(n_mels=3)


def features(folder, counts, frames=60, first=0, config=MEL):
    """Make a folder: so many utterances of each speaker; a value says speaker, utterance and frame."""
    made = {}
    for number, (speaker, count) in enumerate(counts.items(), first):
        for utterance in range(count):
            at = number + utterance / 100 + np.arange(frames)[:, None] / 100_000
            made[f"{speaker}_{utterance}"] = np.repeat(at, 3, axis=1) + 1
    make_features(folder, made, config=config)
    return str(folder)


def config(*folders, **options):
    given = {"train_dirs": list(folders), "held_out": 2, "utterances": 4, "frames": [10, 14], "least_frames": 5}
    return from_dict(SpeakerBatchesConfig, given | options)


def key(index, seed=0, step=0):
    return SampleKey(index, (seed, index), whole=Whole(seed=(seed, step)))


SPEAKERS = dict.fromkeys("ABCDEFGH", 5)


def test_a_sample_is_a_speaker_with_crops_of_different_utterances(tmp_path):
    train = SpeakerBatches(config(features(tmp_path, SPEAKERS)), held_out=False)
    assert len(train) == 6
    for index, name in enumerate(train.names):
        sample = train[key(index)]
        utterances = sample["utt"].split()
        (x,) = sample["x"]
        assert {utterance.split("_")[0] for utterance in utterances} == {name}
        assert len(set(utterances)) == 4
        for utterance, crop in zip(utterances, x, strict=True):
            speaker, number = utterance.split("_")
            first = crop[0, 0] - 1 - (ord(speaker) - ord("A")) - int(number) / 100
            frames = np.round(first * 100_000) + np.arange(len(crop))
            wanted = 1 + ord(speaker) - ord("A") + int(number) / 100 + frames / 100_000
            np.testing.assert_allclose(crop, np.repeat(wanted[:, None], 3, axis=1), atol=1e-6)


def test_all_of_a_whole_batch_has_one_length_and_lengths_are_drawn(tmp_path):
    """In two processes with two micro-batches each; over steps every length comes."""
    train = SpeakerBatches(config(features(tmp_path, dict.fromkeys("ABCDEFGHIJ", 4))), held_out=False)
    samplers = [BatchSampler(train, 8, 0, world=2, rank=rank, accumulate=2) for rank in range(2)]
    lengths = []
    for step in range(60):
        parts = [train.batch(keys)["x"] for each in samplers for keys in each.micro_batches(step)]
        assert [tuple(part.shape[:2]) for part in parts] == [(2, 4)] * 4
        assert len({part.shape[2] for part in parts}) == 1
        lengths.append(parts[0].shape[2])
    counts = np.bincount(lengths, minlength=15)[10:]
    assert (counts > 3).all()
    assert len(lengths) == counts.sum()


def test_batches_are_the_same_however_they_are_shared_out(tmp_path):
    train = SpeakerBatches(config(features(tmp_path, SPEAKERS)), held_out=False)
    whole = BatchSampler(train, 4, 0).micro_batches(3)
    shared = [keys for rank in range(2) for keys in BatchSampler(train, 4, 0, world=2, rank=rank).micro_batches(3)]
    joined = np.concatenate([train.batch(keys)["x"] for keys in shared])
    assert np.array_equal(train.batch(whole[0])["x"], joined)


def test_crops_reach_both_ends_of_an_utterance(tmp_path):
    train = SpeakerBatches(config(features(tmp_path, SPEAKERS, frames=16), frames=[14, 14]), held_out=False)
    first = {round(float(100_000 * (train[key(0, seed)]["x"][0, 0, 0, 0] * 100 % 1) / 100)) for seed in range(40)}
    assert first == {0, 1, 2}


def test_few_utterances_come_in_turns(tmp_path):
    """Four crops of three utterances: each of them once, then one of them again."""
    train = SpeakerBatches(config(features(tmp_path, dict.fromkeys("ABC", 3))), held_out=False)
    again = set()
    for seed in range(30):
        utterances = train[key(0, seed)]["utt"].split()
        assert len(set(utterances[:3])) == 3
        again.add(utterances[3])
    assert len(again) == 3


def test_short_utterances_are_filled_with_silence_behind(tmp_path):
    train = SpeakerBatches(config(features(tmp_path, SPEAKERS, frames=8), frames=[12, 12]), held_out=False)
    x = train[key(0)]["x"]
    assert x.shape == (1, 4, 12, 3)
    assert (x[:, :, :8] > 0).all()
    assert (x[:, :, 8:] == 0).all()


def test_what_is_too_short_or_too_few_is_left_out_and_told(tmp_path, caplog):
    caplog.set_level("INFO")
    made = {f"{speaker}_{n}": np.ones((20, 3)) for speaker in "ABC" for n in range(3)}
    made |= {"A_2": np.ones((4, 3)), "B_1": np.ones((4, 3)), "B_2": np.ones((4, 3)), "D_0": np.ones((20, 3))}
    make_features(tmp_path, made, config=MEL)
    voices = Voices([str(tmp_path)], least_frames=5, least_utterances=2)
    assert voices.names == ["A", "C"]
    found = [[of.utterances[n] for n in numbers] for of, numbers in map(voices.utterances, range(2))]
    assert found == [["A_0", "A_1"], ["C_0", "C_1", "C_2"]]
    assert (
        "5 of 10 utterances are left out: shorter than 5 frames (3), or of 2 speakers with fewer than 2" in caplog.text
    )


def test_held_out_speakers_are_spread_and_never_trained_on(tmp_path):
    train, valid = SpeakerBatches.both(config(features(tmp_path, SPEAKERS)))
    assert valid.names == ["C", "G"]
    assert sorted(train.names + valid.names) == list("ABCDEFGH")


def test_validation_is_one_batch_of_all_held_out_speakers_and_does_not_change(tmp_path):
    _, valid = SpeakerBatches.both(config(features(tmp_path, SPEAKERS), held_out=3))
    (keys,) = validation_batches(valid, 1, seed=7)
    first, again = valid.batch(keys)["x"], valid.batch(keys)["x"]
    assert first.shape == (3, 4, 12, 3)
    assert np.array_equal(first, again)
    assert sorted({int(value) - 1 for value in first[:, 0, 0, 0]}) == [1, 4, 6]


def test_folders_of_their_own_to_train_and_to_validate_on(tmp_path):
    folders = [
        features(tmp_path / name, dict.fromkeys(speakers, 4), first=10 * n)
        for n, (name, speakers) in enumerate({"one": "AB", "two": "CDE", "valid": "FG"}.items())
    ]
    train, valid = SpeakerBatches.both(config(*folders[:2], held_out=0, valid_dirs=folders[2:]))
    assert (train.names, valid.names) == (list("ABCDE"), ["F", "G"])
    for index, number in enumerate([0, 1, 10, 11, 12]):
        assert (train[key(index)]["x"].astype(int) == number + 1).all()
    assert set(valid[key(0)]["utt"].split()) == {f"{speaker}_{n}" for speaker in "FG" for n in range(4)}


def test_fingerprints_tell_of_features_and_of_who_is_held_out(tmp_path):
    one = features(tmp_path / "one", SPEAKERS)
    other = features(tmp_path / "other", SPEAKERS, first=1)
    found = [
        SpeakerBatches(config(*folders, held_out=held), held_out=False).fingerprint()
        for folders, held in (((one,), 2), ((other,), 2), ((one,), 3))
    ]
    assert len(set(found)) == 3
    assert found[0] == SpeakerBatches(config(one), held_out=False).fingerprint()


def test_a_speaker_in_two_folders_is_refused(tmp_path):
    one, other = (
        features(tmp_path / name, dict.fromkeys(speakers, 3)) for name, speakers in (("a", "ABC"), ("b", "CD"))
    )
    with pytest.raises(AudiolabError, match=r"speaker 'C' is in two folders \(1 such\)"):
        SpeakerBatches(config(one, other), held_out=False)
    with pytest.raises(AudiolabError, match=r"speaker 'C' is in data_conf.train_dirs and in valid_dirs"):
        SpeakerBatches.both(config(one, valid_dirs=[other], held_out=0))


def test_features_that_were_made_unlike_are_refused(tmp_path):
    one = features(tmp_path / "a", dict.fromkeys("ABC", 3))
    other = features(tmp_path / "b", dict.fromkeys("DE", 3), config=LogMelConfig(n_mels=3, hop=200))
    seeded = features(tmp_path / "c", dict.fromkeys("FG", 3), config=LogMelConfig(n_mels=3, seed=1))
    with pytest.raises(AudiolabError, match="b: made otherwise than"):
        SpeakerBatches(config(one, other), held_out=False)
    with pytest.raises(AudiolabError, match="b: made otherwise than"):
        SpeakerBatches.both(config(one, valid_dirs=[other], held_out=0))
    SpeakerBatches.both(config(one, valid_dirs=[seeded], held_out=0))
    make_features(tmp_path / "d", {"H_0": np.zeros((20, 32)), "H_1": np.zeros((20, 32))})
    with pytest.raises(AudiolabError, match="features of kind envelope, and mel is wanted"):
        SpeakerBatches(config(str(tmp_path / "d")), held_out=False)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"held_out": 3}, "3 speakers; data_conf.held_out, 3, leaves none to train on"),
        ({"least_utterances": 4}, "no speaker has 4 utterances of 5 frames or more"),
        ({"least_frames": 61}, "no speaker has 2 utterances of 61 frames or more"),
    ],
)
def test_too_few_speakers_are_told(tmp_path, options, told):
    folder = features(tmp_path, dict.fromkeys("ABC", 3))
    with pytest.raises(AudiolabError, match=told):
        SpeakerBatches(config(folder, **options), held_out=False)


def test_one_speaker_is_too_few_to_validate_on(tmp_path):
    one, other = (features(tmp_path / name, dict.fromkeys(name, 3)) for name in ("AB", "C"))
    with pytest.raises(AudiolabError, match=r"C: 1 speakers .* takes 2 or more"):
        SpeakerBatches.both(config(one, valid_dirs=[other], held_out=0))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"train_dirs": []}, "train_dirs names at least one"),
        ({"held_out": 0}, "either valid_dirs are given or held_out is 2"),
        ({"held_out": 1}, "either valid_dirs are given or held_out is 2"),
        ({"valid_dirs": ["dump/valid"]}, "either valid_dirs are given or held_out is 2"),
        ({"utterances": 1}, "utterances and least_utterances must be 2"),
        ({"least_utterances": 1}, "utterances and least_utterances must be 2"),
        ({"frames": [180, 140]}, "frames are two numbers"),
        ({"frames": [140]}, "frames are two numbers"),
        ({"frames": [0, 10]}, "frames are two numbers"),
        ({"least_frames": 0}, "least_frames must be 1"),
    ],
)
def test_odd_configs_are_refused(options, told):
    with pytest.raises(AudiolabError, match=told):
        config("dump/train", **options)
