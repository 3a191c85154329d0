"""What the trainer promises systems whose batches differ: updates in step, parts of networks, what a batch shares."""

import copy

import logged_names
import pytest
import torch
from plugs import CHUNK
from test_processes import finish
from toys import TOYS, make_config, make_trainer, start_two, train, weights

from audiolab.training.determinism import same
from audiolab.training.log import Meter
from audiolab.training.optimizers import parameters_by_update, parameters_of_parts

WAYS = {
    "by group": ("spoken", {"by_group": True}),
    "all parts": ("spoken", {"by_group": False}),
    "loss of all": ("contrast", {"everywhere": True}),
    "own loss": ("contrast", {"everywhere": False}),
}


def config_of(way, **trainer):
    toy, options = WAYS[way]
    return make_config(toy, {"system_conf": options}, **({"batch_size": 8, "ema_decay": 0.9} | trainer))


def close(one, two):
    for part in (lambda content: content["system"], lambda content: content["ema"]["weights"]):
        for name, value in part(one).items():
            torch.testing.assert_close(part(two)[name], value, atol=1e-6, rtol=0)


@pytest.mark.parametrize("way", WAYS)
def test_two_processes_give_the_weights_of_one(tmp_path, way):
    config = config_of(way, clip_norm=1.0, bucket=2)
    finish(start_two(config, tmp_path / "two"))
    train(config, tmp_path / "one")
    close(weights(tmp_path / "one"), weights(tmp_path / "two"))


@pytest.mark.parametrize("way", ["by group", "all parts"])
def test_micro_batches_of_unequal_length_give_the_weights_of_one(tmp_path, way):
    one = train(config_of(way), tmp_path / "one")
    two = train(config_of(way, accumulate=4), tmp_path / "two")
    keys = two.sampler.micro_batches(0)
    longest = [max(int(two.train_set.sizes()[key.index]) for key in batch) for batch in keys]
    assert min(longest) <= max(longest) - CHUNK  # some have fewer chunks than others
    close(weights(tmp_path / "one"), weights(tmp_path / "two"))
    assert one.step == two.step


@pytest.mark.parametrize("way", WAYS)
def test_goes_on_bit_for_bit_in_mid_epoch(tmp_path, way):
    train(config_of(way, max_steps=7, save_every=7), tmp_path / "run")
    train(config_of(way, max_steps=12), tmp_path / "run")
    train(config_of(way, max_steps=12), tmp_path / "whole")
    run, whole = weights(tmp_path / "run"), weights(tmp_path / "whole")
    for part in ("system", "updater", "ema"):
        assert same(run[part], whole[part])


@pytest.mark.parametrize("trainer", [{}, {"accumulate": 2, "clip_norm": 0.1}])
def test_what_an_update_does_not_name_stays_bit_for_bit(tmp_path, trainer):
    """Weights, the optimiser's state and averages; and a batch is of one speaker, whom the next step changes."""
    run = train(config_of("by group", batch_size=4, **trainer), tmp_path / "run")
    system, updater = run.system, run.updater
    of_speaker = {0: ("codes.0", "heads.0"), 1: ("codes.1", "heads.1"), 2: ("codes.1", "heads.2")}
    met = set()
    for step in range(12, 24):
        batches = [run.train_set.batch(keys) for keys in run.sampler.micro_batches(step)]
        (speaker,) = {int(value) for batch in batches for value in batch["speaker"]}
        met.add(speaker)
        before = snapshot(run)
        updater.step(batches, step, Meter())
        run.ema.update(updater.stepped)
        for name, (old, new) in pairs(before, snapshot(run)).items():
            named = name.startswith(("tower", *of_speaker[speaker]))
            assert same(old, new) != named, f"step of speaker {speaker}: {name}"
    assert met == {0, 1, 2}
    assert all(p.grad is None for p in system.parameters())


def snapshot(run):
    """Return by parameter its value, its optimiser's state and its average."""
    (optimizer,) = run.updater.optimizers.values()
    return {
        name: copy.deepcopy((p.detach(), dict(optimizer.state.get(p, {})), run.ema.weights[name], run.ema.counts[name]))
        for name, p in run.system.named_parameters()
    }


def pairs(before, after):
    return {name: (list(before[name]), list(after[name])) for name in before}


def test_processes_that_would_make_unequal_steps_are_stopped(tmp_path):
    tree = {"system_conf": {"in_step": False, "by_group": False}}
    finish(start_two(make_config("spoken", tree, batch_size=8), tmp_path / "run"), 1)
    said = (tmp_path / "run.out").read_text()
    assert "SpokenToy.updates: processes give different updates: here" in said
    assert "batch['whole']" in said


def test_a_length_is_drawn_once_for_a_batch(tmp_path):
    run = make_trainer(config_of("own loss"), tmp_path / "run")
    frames = [[run.train_set[key]["x"].shape[0] for key in run.sampler.micro_batches(step)[0]] for step in range(8)]
    assert all(len(set(each)) == 1 for each in frames)
    assert len({each[0] for each in frames}) > 2


@pytest.mark.parametrize(
    ("parts", "message"),
    [(("tower", "heads.7"), "names part 'heads.7', which the system lacks"), (("other",), "of which it steps nothing")],
)
def test_parts_that_are_not_there_are_refused(tmp_path, parts, message):
    run = make_trainer(config_of("by group"), tmp_path / "run")
    run.system.other = torch.nn.Linear(2, 2)
    stepped = parameters_by_update(run.system)["model"]
    with pytest.raises(TypeError, match=message):
        parameters_of_parts(run.system, "model", parts, stepped)


@pytest.mark.parametrize("toy", TOYS)
def test_training_and_validation_name_the_same_value_alike(tmp_path, toy):
    assert logged_names.faults(*logged_names.values(make_trainer(make_config(toy), tmp_path / "run"))) == []


@pytest.mark.parametrize(
    ("renamed", "fault"),
    [
        ({"cycle": "cycle_loss"}, "the same value is 'cycle' in training and 'cycle_loss' in validation"),
        ({"cycle": "real"}, "'real' is another value in validation than in training"),
    ],
)
def test_a_value_that_is_renamed_is_told(tmp_path, renamed, fault):
    seen, scored = logged_names.values(make_trainer(make_config("gan"), tmp_path / "run"))
    assert fault in logged_names.faults(seen, {renamed[name]: values for name, values in scored.items()})
