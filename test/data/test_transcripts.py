"""Utterances with texts: what a batch holds, what is left out, what is hidden, and statistics."""

import logging

import numpy as np
import pytest
import torch
from feature_folder import make_features

from audiolab.config import from_dict
from audiolab.data.transcripts import Transcripts, TranscriptsConfig
from audiolab.datadir.table import write_table
from audiolab.dataset import SampleKey
from audiolab.errors import AudiolabError
from audiolab.features.log_mel_config import LogMelConfig
from audiolab.text.units import read_units, train_units, write_units

TEXTS = {"A_1": "abba", "A_2": "Ca.", "B_1": "bc bc"}
FRAMES = {"A_1": 30, "A_2": 20, "B_1": 12}


def folder(path, texts=TEXTS, frames=FRAMES, seed=0):
    generator = np.random.default_rng(seed)
    feats = {name: generator.random((count, 6), np.float32) for name, count in frames.items()}
    make_features(path, feats, config=LogMelConfig(n_mels=6))
    write_table(path / "text", texts)
    return str(path)


@pytest.fixture
def given(tmp_path):
    """Return a function that gives a set of one folder, with further keys of the config."""
    write_units(tmp_path / "units", train_units(["abc abc"], 10, "char"))
    place = folder(tmp_path / "feats")

    def make(part="valid", dirs=(place,), **keys):
        tree = {"train_dirs": list(dirs), "valid_dirs": list(dirs), "units": str(tmp_path / "units")}
        return Transcripts(from_dict(TranscriptsConfig, tree | keys), part)

    return make


def keys(dataset, seed=0):
    return [SampleKey(index, (seed, index)) for index in range(len(dataset))]


def test_a_batch(given):
    dataset = given()
    batch = dataset.batch(keys(dataset))
    assert batch["utts"] == ["A_1", "A_2", "B_1"]
    assert batch["lengths"].tolist() == [30, 20, 12]
    assert dataset.sizes().tolist() == [30, 20, 12]
    assert tuple(batch["feats"].shape) == (3, 30, 6)
    for number, sample in enumerate(dataset.dirs[0].matrices()):
        assert np.array_equal(batch["feats"][number, : len(sample)], sample)
        assert not batch["feats"][number, len(sample) :].any()
    units = dataset.units
    for row, length, text in zip(batch["targets"], batch["target_lengths"], ("abba", "ca", "bc bc")):
        assert units.decode(row[:length].tolist()) == text
        assert not row[length:].any()
    assert [dataset.text(index) for index in range(3)] == ["abba", "ca", "bc bc"]


def test_several_folders(given, tmp_path):
    more = folder(tmp_path / "more", {"C_1": "a", "C_2": "b"}, {"C_1": 9, "C_2": 8}, seed=1)
    dataset = given(dirs=(str(tmp_path / "feats"), more))
    assert dataset.batch(keys(dataset))["utts"] == ["A_1", "A_2", "B_1", "C_1", "C_2"]
    assert dataset.text(3) == "a"
    frames = np.concatenate([each for place in dataset.dirs for each in place.matrices()])
    mean, std = dataset.statistics()
    np.testing.assert_allclose(mean, frames.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(std, frames.std(axis=0), rtol=1e-4)
    assert dataset.fingerprint() != given().fingerprint()
    before = given().fingerprint()
    write_table(tmp_path / "feats" / "text", TEXTS | {"A_2": "cb"})
    assert given().fingerprint() != before


def test_what_is_too_short_for_its_text_is_left_out(given, caplog):
    # "abba" is 5 units with the sign of a word's beginning, two b in a row take a blank between them: 6 frames
    with caplog.at_level(logging.WARNING):
        assert len(given(frames_per_unit=5.0)) == 2  # 30 of 30, 20 of 15, 12 of 30
    assert "1 of 3 utterances are left out, for they have no text or are too short for it: B_1" in caplog.text
    assert [key for key in given(frames_per_unit=5.01).sizes()] == [20]
    with pytest.raises(AudiolabError, match="no utterance is long enough for its text"):
        given(frames_per_unit=100.0)


def test_statistics_are_of_what_is_taken(given):
    dataset = given(frames_per_unit=5.01)
    np.testing.assert_allclose(dataset.statistics()[0], dataset.dirs[0].read(1).mean(axis=0), rtol=1e-5)


def test_hiding(given):
    masks = {"time_masks": 1, "time_mask": 8, "time_share": 0.5, "band_masks": 1, "band_mask": 3}
    dataset, plain = given("train", **masks), given()
    widths = []
    for seed in range(200):
        key = SampleKey(0, (seed,))
        found, feats = dataset[key]["feats"], plain[key]["feats"]
        assert np.array_equal(found, dataset[key]["feats"])
        hidden = found != feats
        rows, columns = hidden.all(axis=1), hidden.all(axis=0)
        assert np.array_equal(hidden, rows[:, None] | columns)
        assert np.array_equal(found, np.where(hidden, feats.mean(axis=0), feats))
        for stretch in (rows, columns):
            assert np.count_nonzero(np.diff(np.pad(stretch.astype(int), 1))) in (0, 2)
        widths.append((rows.sum(), columns.sum()))
    assert np.max(widths, axis=0).tolist() == [8, 3]
    assert np.min(widths, axis=0).tolist() == [0, 0]
    short = given("train", **masks | {"time_share": 0.1})
    hidden = [short[SampleKey(0, (seed,))]["feats"] != plain[SampleKey(0, ())]["feats"] for seed in range(50)]
    assert max(each.all(axis=1).sum() for each in hidden) == 3  # a tenth of 30
    assert np.array_equal(given()[SampleKey(0, (1,))]["feats"], plain.dirs[0].read(0))


def test_what_is_refused(given, tmp_path):
    write_table(tmp_path / "feats" / "text", {"A_1": "a", "A_2": "b"})
    with pytest.raises(AudiolabError, match="feats/text: no text of 'B_1'"):
        given()
    write_table(tmp_path / "feats" / "text", TEXTS)
    other = folder(tmp_path / "other")
    make_features(tmp_path / "other", {"A_1": np.zeros((9, 6), np.float32)}, config=LogMelConfig(n_mels=6, hop=128))
    with pytest.raises(AudiolabError, match="features made in different ways"):
        given(dirs=(str(tmp_path / "feats"), other))
    assert read_units(tmp_path / "units").model == given().units.model
    for key in ("time_masks", "band_mask"):
        with pytest.raises(AudiolabError, match=f"{key} must not be negative"):
            given(**{key: -1})


def test_targets_are_of_torchs_kind(given):
    batch = given("train").batch([SampleKey(0, (0,))])
    assert batch["targets"].dtype == batch["lengths"].dtype == torch.int64
