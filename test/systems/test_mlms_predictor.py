"""What `audiolab.load` gives of an acoustic model, and how its errors are logged by language."""

import numpy as np
import pytest
import torch
from examples_synthesis import folders, mlms
from label_folder import VOICES, WORLD

import audiolab
from audiolab import systems
from audiolab.config import from_dict
from audiolab.errors import AudiolabError
from audiolab.metrics.world import world_errors
from audiolab.systems.mlms import predictor
from audiolab.training.config import run_config_class
from audiolab.training.trainer import Trainer


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return the trainer of a run that saw some steps."""
    folder = tmp_path_factory.mktemp("run")
    cls = systems.get("mlms")
    tree = {"system": "mlms", **mlms(folder).config, "trainer": {"max_steps": 20, "batch_size": 4}}
    trainer = Trainer.of(cls, from_dict(run_config_class(cls), tree), folder / "run")
    trainer.fit()
    return trainer


def test_what_it_knows(run):
    model = audiolab.load(run.expdir)
    assert (model.languages, model.speakers) == (["en-us", "it"], ["A", "B", "C"])
    assert model.config == WORLD
    assert model.columns == 6
    assert model.codes.keys() == {"en-us", "it"}
    assert all(code.shape == (3,) for code in model.codes.values())


def test_any_language_with_any_speaker(run):
    model = audiolab.load(run.expdir)
    vectors, durations = np.random.default_rng(0).standard_normal((3, 6)), [2, 0, 5]
    found = {
        (language, speaker): model.predict(vectors, durations, language, speaker)
        for language in model.languages
        for speaker in model.speakers
    }
    assert all(each.shape == (7, 7) and each.dtype == np.float32 for each in found.values())
    assert len({each.tobytes() for each in found.values()}) == 6


def test_pieces_make_no_difference(run, monkeypatch):
    model = audiolab.load(run.expdir)
    vectors, durations = np.random.default_rng(0).standard_normal((4, 6)), np.array([3, 1, 6, 4])
    whole = model.predict(vectors, durations, "it", "A")
    monkeypatch.setattr(predictor, "PIECE", 5)
    np.testing.assert_allclose(model.predict(vectors, durations, "it", "A"), whole, atol=1e-5)


def test_scores_are_those_of_what_is_predicted(run):
    """Normalised errors by language and speaker, and errors in units by language, of each utterance by itself."""
    valid, system, model = run.validation.dataset, run.system, audiolab.load(run.expdir)
    scores = run.validation.scores(system, None)
    normalised, named = {}, {}
    mean, std = (each.numpy() for each in (system.acoustic.outputs.mean, system.acoustic.outputs.std))
    for number in range(len(valid)):
        language, speaker = valid.language(number), valid.speaker(number)
        place = valid.labels[0].utterances.index(valid.labels[0].utterances[number])
        vectors, durations = valid.labels[0].read(place)
        found, wanted = model.predict(vectors, durations, language, speaker), valid.feats[0].read(number)
        for key in ("acoustic_loss", f"mse_{language}", f"mse_{language}_{speaker}"):
            normalised.setdefault(key, []).append((((found - mean) / std - (wanted - mean) / std) ** 2).ravel())
        for name, (value, count) in world_errors(wanted, found, WORLD.streams).items():
            named.setdefault(f"{name}_{language}", []).append((value, count))
    for key, values in normalised.items():
        assert scores[key] == pytest.approx(np.concatenate(values).mean(), rel=1e-4), key
    for key, pairs in named.items():
        values, counts = zip(*pairs)
        assert scores[key] == pytest.approx(np.average(values, weights=counts), rel=1e-3), key
    assert scores.keys() == normalised.keys() | named.keys() | {"spectral_radius"}
    assert {key for key in scores if key.startswith("mse") and key.count("_") == 2} == {
        f"mse_{language}_{speaker}" for speaker, language in VOICES.items()
    }


def test_systems_share_a_normalisation(tmp_path):
    """That of tables of statistics: a baseline's errors are in that of the pool."""
    from audiolab.data.speaker_tables import speaker_cmvn
    from audiolab.datadir.arkio import MatrixTable, write_matrices
    from audiolab.datadir.table import read_table

    tree = mlms(tmp_path / "data").config
    (feats,) = tree["data_conf"]["train_feats"]
    stats = speaker_cmvn(MatrixTable(f"{feats}/feats.scp"), read_table(f"{feats}/utt2spk"))
    write_matrices(f"{feats}/cmvn.ark", f"{feats}/cmvn.scp", stats, dtype=np.float64)
    cls = systems.get("mlms")
    found = []
    for name, data in (("pool", {}), ("one", {"speakers": ["A"]}), ("shared", {"speakers": ["A"]})):
        data = data | ({"statistics": [f"{feats}/cmvn.scp"]} if name == "shared" else {})
        conf = tree | {"data_conf": tree["data_conf"] | data, "trainer": {"max_steps": 1, "batch_size": 1}}
        trainer = Trainer.of(cls, from_dict(run_config_class(cls), conf | {"system": "mlms"}), tmp_path / name)
        trainer.fit()
        found.append(trainer.system.acoustic.outputs)
    pool, one, shared = found
    for name in ("mean", "std"):
        assert torch.allclose(getattr(pool, name), getattr(shared, name), atol=1e-6)
        assert not torch.allclose(getattr(pool, name), getattr(one, name), atol=1e-2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"language": "pl"}, "the model has no language 'pl'"),
        ({"speaker": "Z"}, "the model has no speaker 'Z'"),
        ({"vectors": np.zeros((3, 5))}, r"give \[P, 6\] and \[P\]"),
        ({"vectors": np.full((3, 6), np.nan)}, "vectors are finite"),
        ({"durations": [1, 2]}, r"with durations \(2,\)"),
        ({"durations": [1, 2.5, 1]}, "whole numbers of frames"),
        ({"durations": [1, -2, 4]}, "whole numbers of frames"),
        ({"durations": [0, 0, 0]}, "at least one in all"),
    ],
)
def test_refuses(run, change, words):
    given = {"vectors": np.zeros((3, 6)), "durations": [1, 2, 1], "language": "it", "speaker": "A"} | change
    with pytest.raises(AudiolabError, match=words):
        audiolab.load(run.expdir).predict(**given)


def test_it_learns_what_a_speaker_does(tmp_path):
    """The shift that is a speaker's own: with the code and the layer of another one, errors are larger."""
    cls = systems.get("mlms")
    tree = {
        "system": "mlms",
        "data_conf": folders(tmp_path / "data", count=8),
        "system_conf": {"bases": 1, "hidden": 16, "layers": 1, "cells": 16, "projection": 8, "chunk": 10},
        "optim": {"acoustic": {"lr": 1e-2}},
        "trainer": {"max_steps": 100, "batch_size": 12},
    }
    trainer = Trainer.of(cls, from_dict(run_config_class(cls), tree), tmp_path / "run")
    trainer.fit()
    assert trainer.validation.scores(trainer.system, None)["acoustic_loss"] < 0.5
    valid, model = trainer.validation.dataset, audiolab.load(tmp_path / "run")
    errors = {speaker: [] for speaker in VOICES}
    for number in (n for n in range(len(valid)) if valid.speaker(n) == "A"):
        vectors, durations = valid.labels[0].read(number)
        for speaker, found in errors.items():
            predicted = model.predict(vectors, durations, "en-us", speaker)
            found.append(np.mean(np.abs(predicted - valid.feats[0].read(number))[:, :3]))
    assert np.mean(errors["A"]) < 0.7 * min(np.mean(errors["B"]), np.mean(errors["C"]))
