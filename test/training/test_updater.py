"""Steps: accumulation, clipping, precision, and what is not finite."""

import itertools

import pytest
import torch
from toys import make_config, make_trainer, train, weights

from audiolab.errors import AudiolabError
from audiolab.training.config import OptimConfig
from audiolab.training.optimizers import make_optimizer

FIRST = [{"system_conf": {"first": first}} for first in ("generator", "discriminator")]


def distance(a, b):
    return max(float((a[key] - b[key]).abs().max()) for key in a)


@pytest.mark.parametrize("tree", FIRST)
def test_micro_batches_are_one_large_batch(tmp_path, tree):
    whole = train(make_config("gan", tree, batch_size=12, max_steps=20), tmp_path / "whole").system.state_dict()
    parts = train(make_config("gan", tree, batch_size=12, max_steps=20, accumulate=3), tmp_path / "parts")
    assert distance(whole, parts.system.state_dict()) < 1e-6


@pytest.mark.parametrize("tree", FIRST)
def test_an_update_steps_its_own_networks_as_a_plain_loop_does(tmp_path, tree):
    falling = {"lr": 0.01, "name": "sgd", "schedule": "exponential", "every": 2, "gamma": 0.25}
    config = make_config("gan", tree | {"optim": {"discriminator": falling}}, max_steps=6)
    trainer = train(config, tmp_path / "run")
    again = make_trainer(config, tmp_path / "plain")
    system = again.system
    system.setup(again.train_set)
    generators = [*system.there.parameters(), *system.back.parameters()]
    networks = {"generator": generators, "discriminator": list(system.judge.parameters())}
    adam, sgd = torch.optim.Adam(generators, 1e-3), torch.optim.SGD(networks["discriminator"], 0.01)
    optimizers = {"generator": adam, "discriminator": sgd}
    for step in range(6):
        sgd.param_groups[0]["lr"] = 0.01 * 0.25 ** (step / 2)
        keys = again.sampler.micro_batches(step)[0]
        for update in system.updates(again.train_set.batch(keys)):
            gradients = torch.autograd.grad(update.loss, networks[update.name])
            for parameter, gradient in zip(networks[update.name], gradients):
                parameter.grad = gradient
            optimizers[update.name].step()
    assert distance(system.state_dict(), trainer.system.state_dict()) < 1e-6


def test_bad_items_are_skipped_counted_and_named(tmp_path):
    trainer = train(make_config("gan", {"data_conf": {"bad_item": 5}}), tmp_path / "run")
    state = weights(tmp_path / "run")
    epochs = 12 // trainer.sampler.steps_per_epoch
    met = sum(5 in [k.index for k in trainer.sampler.micro_batches(step)[0]] for step in range(12))
    assert 0 < met <= epochs
    assert state["updater"]["skips"]["total"] == {"generator": met, "discriminator": met}
    assert all(torch.isfinite(value).all() for value in state["system"].values())
    log = (tmp_path / "run" / "train.log").read_text()
    assert log.count("generator: loss is not finite; update skipped; utterances:") >= met
    assert "utt5" in next(line for line in log.splitlines() if "not finite" in line)
    history = (tmp_path / "run" / "history.csv").read_text()
    assert "generator_skipped" in history
    assert "nan" not in history


def test_bad_steps_that_are_apart_do_not_add_up(tmp_path):
    tree, steps = {"data_conf": {"bad_item": 5}}, range(30)
    sampler = make_trainer(make_config("gan", tree), tmp_path / "other").sampler
    bad = [any(key.index == 5 for key in sampler.micro_batches(step)[0]) for step in steps]
    longest = max(len(list(members)) for is_bad, members in itertools.groupby(bad) if is_bad)
    assert sum(bad) > longest + 1
    train(make_config("gan", tree, max_steps=len(steps), max_bad_steps=longest + 1), tmp_path / "run")
    with pytest.raises(AudiolabError, match=f"not finite {longest} times in a row"):
        train(make_config("gan", tree, max_steps=len(steps), max_bad_steps=longest), tmp_path / "ended")


def test_bad_micro_batch_alone_is_named(tmp_path):
    train(make_config("gan", {"data_conf": {"bad_item": 5}}, batch_size=4, accumulate=4), tmp_path / "run")
    lines = [line for line in (tmp_path / "run" / "train.log").read_text().splitlines() if "not finite" in line]
    assert lines
    assert all(line.endswith("utterances: utt5") for line in lines)


def test_too_many_bad_steps_end_the_run_and_keep_the_batch(tmp_path):
    config = make_config("regression", {"system_conf": {"bad_gradient": True}}, max_bad_steps=3)
    with pytest.raises(AudiolabError, match=r"step 3: the gradient of update 'model' was not finite 3 times in a row"):
        train(config, tmp_path / "run")
    crash = torch.load(tmp_path / "run" / "crash.pt", weights_only=True)
    assert crash["step"] == 3
    assert crash["batches"][0]["x"].shape == (4, 4)


def test_clipping_bounds_the_step(tmp_path):
    tree = {"optim": {"model": {"name": "sgd", "lr": 1.0}}, "system_conf": {"dropout": 0.0}}
    config = make_config("regression", tree, clip_norm=0.01, max_steps=1)
    before = dict(make_trainer(config, tmp_path / "untrained").system.network.named_parameters())
    after = dict(train(config, tmp_path / "run").system.network.named_parameters())
    step = torch.cat([(after[name] - before[name]).flatten() for name in before]).detach().norm()
    assert float(step) == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_lower_precision_learns_about_the_same(tmp_path, precision):
    tree = {"system_conf": {"dropout": 0.0}}
    exact = train(make_config("regression", tree, max_steps=30), tmp_path / "fp32").system.state_dict()
    rough = train(make_config("regression", tree, max_steps=30, precision=precision), tmp_path / precision)
    found = rough.system.state_dict()
    assert 0 < distance(exact, found) < 0.05
    assert all(value.dtype == exact[key].dtype for key, value in found.items())


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", "rmsprop", "radam", "nadam", "adagrad", "adadelta"])
def test_optimisers_by_name_are_pytorchs(name):
    parameters = [torch.nn.Parameter(torch.ones(3)) for _ in range(2)]
    kind = {k.lower(): v for k, v in vars(torch.optim).items() if isinstance(v, type)}[name]
    ours = make_optimizer(parameters[:1], OptimConfig(name=name, lr=0.1, weight_decay=0.1))
    theirs = kind(parameters[1:], lr=0.1, weight_decay=0.1, **({"eps": 1e-8} if name != "sgd" else {}))
    for _ in range(3):
        for parameter, optimizer in zip(parameters, (ours, theirs)):
            parameter.grad = parameter.detach() * 2 + 1
            optimizer.step()
    assert torch.equal(*parameters)
    assert not torch.equal(parameters[0], torch.ones(3))


@pytest.mark.parametrize("longer", [0, 1])
def test_micro_batches_with_different_updates_are_refused(tmp_path, monkeypatch, longer):
    trainer = make_trainer(make_config("regression", batch_size=4, accumulate=2, max_steps=1), tmp_path / "run")
    plain, batches = trainer.system.updates, []

    def uneven(batch):
        batches.append(batch)
        number = len(batches) - 1
        yield from plain(batch)
        if number % 2 == longer:
            yield from plain(batch)

    monkeypatch.setattr(trainer.system, "updates", uneven)
    with pytest.raises(RuntimeError, match=r"RegressionToy\.updates: micro-batches give different updates"):
        trainer.fit()
