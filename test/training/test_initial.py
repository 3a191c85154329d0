"""Beginning with another run's weights."""

import shutil

import pytest
import torch
from test_export import model
from toys import latest, make_config, make_trainer, train, weights

from audiolab.errors import AudiolabError
from audiolab.training import checkpoint as training_checkpoint
from audiolab.training import export
from audiolab.training.determinism import same


def begun(config, expdir):
    """Return the trainer of a run that has made no step yet."""
    trainer = make_trainer(config, expdir)
    trainer.expdir.mkdir(parents=True)
    trainer._begin(lambda: False)
    trainer.log.close()
    return trainer


def from_run(folder, tree=None, **init):
    return make_config("gan", {"init": {"run": str(folder)} | init} | (tree or {}), ema_decay=0.9)


@pytest.fixture
def other(tmp_path):
    """Return the folder of a run whose averaged weights differ from its last ones."""
    train(make_config("gan", {"seed": 5, "optim": {"generator": {"lr": 0.01}}}, ema_decay=0.9), tmp_path / "other")
    return tmp_path / "other"


def test_networks_take_the_models_weights_and_others_stay_as_drawn(tmp_path, other):
    plain, taken = begun(make_config("gan"), tmp_path / "plain").system, begun(from_run(other), tmp_path / "run")
    assert same(dict(taken.system.there.state_dict()), model(other)["state"]["there"])
    assert not same(dict(plain.there.state_dict()), dict(taken.system.there.state_dict()))
    for name in ("back", "judge"):  # which the model does not have
        assert same(getattr(plain, name).state_dict(), getattr(taken.system, name).state_dict())
    assert not taken.updater.optimizers["generator"].state


def test_a_checkpoint_gives_all_networks_and_the_optimisers_states_but_not_their_rates(tmp_path, other):
    run = begun(from_run(other, checkpoint=True), tmp_path / "run")
    checkpoint = weights(other)
    for name in ("there", "back", "judge"):
        own = {f"{name}.{key}": value for key, value in getattr(run.system, name).state_dict().items()}
        assert same(own, {key: checkpoint["system"][key] for key in own})
    for name, optimizer in run.updater.optimizers.items():
        state = optimizer.state_dict()
        assert same(state["state"], checkpoint["updater"]["optimizers"][name]["state"])
        assert state["param_groups"][0]["lr"] == 1e-3


@pytest.mark.parametrize(("checkpoint", "read"), [(False, "model.pt"), (True, "step_00000012.pt")])
def test_a_file_of_another_run_is_read_once(tmp_path, other, monkeypatch, checkpoint, read):
    """For its networks' names, three networks, their fingerprint and the optimisers; so all are of the same file."""
    files = []
    for module in (export, training_checkpoint):
        real = module.load_file
        monkeypatch.setattr(module, "load_file", lambda path, *more, real=real: files.append(path) or real(path, *more))
    begun(from_run(other, checkpoint=checkpoint), tmp_path / "run")
    assert [path.name for path in files if other in path.parents] == [read]


def test_only_the_networks_that_are_named(tmp_path, other):
    plain = begun(make_config("gan"), tmp_path / "plain").system
    run = begun(from_run(other, networks=["judge"], checkpoint=True), tmp_path / "run").system
    assert same(dict(run.there.state_dict()), dict(plain.there.state_dict()))
    assert not same(dict(run.judge.state_dict()), dict(plain.judge.state_dict()))


def test_a_run_that_weights_were_taken_from_must_be_as_it_was(tmp_path, other):
    """Or gone: the weights are in the checkpoint."""
    run = tmp_path / "run"
    train(from_run(other), run)
    shutil.move(other, tmp_path / "away")
    before = weights(run)
    train(from_run(other), run)
    assert same(weights(run), before)
    train(make_config("gan", {"seed": 6}, ema_decay=0.9), other)
    with pytest.raises(AudiolabError, match=r"began with other weights \(SHA-256 \w+\) than the run that init.run"):
        train(from_run(other), run)
    assert latest(run) == "step_00000012.pt"


@pytest.mark.parametrize(
    ("init", "tree", "message"),
    [
        ({"run": "nowhere"}, {}, r"nowhere/model\.pt: no such model; train the run that init\.run names first"),
        ({"run": "nowhere", "checkpoint": True}, {}, r"nowhere/checkpoints: no checkpoint is there; train the run"),
        ({"networks": ["jugde"]}, {}, r"init\.networks: the system has no network 'jugde'; did you mean 'judge'"),
        ({"networks": ["judge"]}, {}, r"other/model\.pt: a gan without 'judge', which init\.run needs"),
        ({}, {"system_conf": {"width": 9}}, r"other/model\.pt: its there is of other sizes than here; see init\.run"),
    ],
)
def test_what_cannot_be_taken_is_told(tmp_path, other, init, tree, message):
    with pytest.raises(AudiolabError, match=message):
        begun(from_run(other, tree, **init), tmp_path / "run")


def test_networks_without_a_run_are_refused():
    with pytest.raises(AudiolabError, match=r"networks and checkpoint need run"):
        make_config("gan", {"init": {"networks": ["there"]}})


def test_optimisers_of_other_networks_are_refused(tmp_path, other):
    checkpoint = other / "checkpoints" / latest(other)
    content = torch.load(checkpoint, weights_only=True)
    content["updater"]["optimizers"]["generator"]["state"][0]["exp_avg"] = torch.zeros(3, 3)
    torch.save(content, checkpoint)
    with pytest.raises(AudiolabError, match=r"its optimiser 'generator' is of other networks than here"):
        begun(from_run(other, checkpoint=True), tmp_path / "run")
