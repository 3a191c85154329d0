"""The moving average, the mean of the best checkpoints, and model.pt."""

import copy

import pytest
import torch
from toys import GanToy, make_config, make_trainer, train

from audiolab.errors import AudiolabError
from audiolab.training.determinism import same
from audiolab.training.ema import WeightAverage
from audiolab.training.export import exported_state, load_model, save_model, take_exports


def model(expdir):
    return torch.load(expdir / "model.pt", weights_only=True)


def test_moving_average_against_its_closed_form():
    system = GanToy(GanToy.Config())
    average, seen, decay = WeightAverage(system, 0.8), [], 0.8
    for step in range(12):
        with torch.no_grad():
            for parameter in system.there.parameters():
                parameter += torch.randn(parameter.shape, generator=torch.Generator().manual_seed(step))
        seen.append(copy.deepcopy(system.there.state_dict()))
        average.update(set(system.parameters()))
        shares = [decay ** (step - i) for i in range(step + 1)]
        for name in seen[0]:
            wanted = sum(share * state[name].double() for share, state in zip(shares, seen)) / sum(shares)
            torch.testing.assert_close(average.weights[f"there.{name}"].double(), wanted, atol=1e-6, rtol=1e-5)
    assert set(average.weights) == {f"there.{name}" for name in seen[0]}


def test_a_shared_parameter_is_averaged_under_each_of_its_names():
    system = GanToy(GanToy.Config(width=4))
    system.there[2].weight = system.there[0].weight
    average = WeightAverage(system, 0.5)
    average.update(set(system.parameters()))
    with torch.no_grad():
        system.there[0].weight += 3
    average.update(set(system.parameters()))
    state = exported_state({"system": system.state_dict(), "ema": average.state()}, system.exports)
    assert torch.equal(state["there.0.weight"], state["there.2.weight"])
    torch.testing.assert_close(state["there.0.weight"], system.there[0].weight.detach() - 1)  # (w + 2 (w + 3)) / 3


def test_validation_and_model_use_the_average_and_training_does_not(tmp_path):
    tree = {"optim": {"generator": {"lr": 0.05}}}
    plain = train(make_config("gan", tree), tmp_path / "plain")
    averaged = train(make_config("gan", tree, ema_decay=0.9), tmp_path / "ema")
    assert same(plain.system.state_dict(), averaged.system.state_dict())
    there = model(tmp_path / "ema")["state"]["there"]
    assert all(torch.equal(there[name], averaged.ema.weights[f"there.{name}"]) for name in there)
    assert same(model(tmp_path / "plain")["state"]["there"], dict(plain.system.there.state_dict()))
    lines = [(tmp_path / run / "history.csv").read_text().splitlines() for run in ("plain", "ema")]
    train_lines = [[line for line in each if ",train," in line] for each in lines]
    valid_lines = [[line for line in each if ",valid," in line] for each in lines]
    assert train_lines[0] == train_lines[1]
    assert valid_lines[0] != valid_lines[1]


def test_mean_of_the_best_checkpoints(tmp_path):
    config = make_config("regression", max_steps=20, keep_best=3, average_best=3, best="error", keep_last=1)
    trainer = train(config, tmp_path / "run")
    paths = [trainer.checkpoints.path(step) for _, step in trainer.best.ranking]
    states = [torch.load(path, weights_only=True)["system"] for path in paths]
    assert len(states) == 3
    found = model(tmp_path / "run")["state"]["network"]
    for name in ("0.weight", "4.bias", "1.running_mean"):
        torch.testing.assert_close(found[name], torch.stack([s[f"network.{name}"] for s in states]).mean(0))
    assert found["1.num_batches_tracked"] == states[0]["network.1.num_batches_tracked"]


def test_model_holds_the_exports_alone_and_rebuilds(tmp_path):
    trainer = train(make_config("gan"), tmp_path / "run")
    content = model(tmp_path / "run")
    assert (content["format"], content["system"], content["step"]) == (1, "gan", 12)
    assert set(content["state"]) == {"there", "offset"}
    assert float(content["state"]["offset"][0]) == pytest.approx(0.13)
    again = GanToy.predictor(trainer.config.system_conf, content["state"], torch.device("cpu"))
    x = torch.randn(3, 4)
    assert torch.equal(again.there(x), trainer.system.there(x))


def test_an_export_that_is_not_there_is_refused_before_training(tmp_path, monkeypatch):
    monkeypatch.setattr(GanToy, "exports", ("there", "ofset"))
    with pytest.raises(TypeError, match=r"GanToy\.exports names 'ofset', no child network, parameter or buffer"):
        make_trainer(make_config("gan"), tmp_path / "run")


def test_model_is_made_again_when_it_was_lost(tmp_path):
    train(make_config("gan"), tmp_path / "run")
    before = model(tmp_path / "run")
    (tmp_path / "run" / "model.pt").unlink()
    make_trainer(make_config("gan"), tmp_path / "run").fit()
    assert same(model(tmp_path / "run"), before)


def test_a_model_is_read_as_it_was_written_and_no_other(tmp_path):
    path, state = tmp_path / "model.pt", {"net.weight": torch.ones(2), "offset": torch.zeros(1), "other": torch.ones(1)}
    save_model(path, "gan", 7, state, ("net", "offset"))
    found = load_model(path, "train again", "gan")
    assert same(found["state"], {"net": {"weight": torch.ones(2)}, "offset": torch.zeros(1)})
    assert (found["system"], found["step"]) == ("gan", 7)
    assert same(load_model(path, "train again"), found)
    with pytest.raises(AudiolabError, match=r"model.pt: of system gan, but the config.yaml beside it is of tts; take"):
        load_model(path, "train again", "tts")
    torch.save(found | {"format": 2}, path)
    with pytest.raises(AudiolabError, match=r"model.pt: of format 2, but this audiolab reads format 1; train again"):
        load_model(path, "train again")


def test_a_system_takes_its_exports_and_nothing_else(tmp_path):
    train(make_config("gan"), tmp_path / "run")
    state, system = load_model(tmp_path / "run" / "model.pt", "")["state"], GanToy(GanToy.Config())
    drawn = copy.deepcopy(system.back.state_dict())
    take_exports(system, state)
    assert same(dict(system.there.state_dict()), dict(state["there"]))
    assert same(dict(system.back.state_dict()), dict(drawn))
    assert system.offset.tolist() == state["offset"].tolist() != [0, 0, 0, 0]
    with pytest.raises(KeyError, match="offset"):
        take_exports(system, {"there": state["there"]})
    with pytest.raises(RuntimeError, match=r"offset is \(1,\) where \(4,\) is to be"):
        take_exports(system, state | {"offset": torch.zeros(1)})
