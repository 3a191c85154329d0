"""What every registered system has to do (docs/adding-a-system.md)."""

import csv
import os
import signal
import subprocess
import sys
import time

import examples
import logged_names
import numpy as np
import pytest
import torch
import yaml

import audiolab
from audiolab import systems
from audiolab.config import from_dict
from audiolab.errors import AudiolabError
from audiolab.training.config import run_config_class
from audiolab.training.trainer import Trainer

FEW = {"max_steps": 10, "batch_size": 2, "log_every": 1, "valid_every": 5, "save_every": 2, "ema_decay": 0.9}


@pytest.fixture(params=systems.names())
def system(request, tmp_path):
    """Yield (name, example); an example is missing when a system was registered without one."""
    assert hasattr(examples, request.param), f"test/systems/examples.py has no example of system '{request.param}'"
    return request.param, getattr(examples, request.param)(tmp_path / "data")


@pytest.fixture(params=[*systems.names(), *examples.VARIANTS])
def variant(request, tmp_path):
    """Yield (name, example) also of further ways in which a system works."""
    return examples.VARIANTS.get(request.param, request.param), getattr(examples, request.param)(tmp_path / "data")


def tree_of(name, example, **trainer):
    return {"system": name, **example.config, "trainer": FEW | example.trainer | trainer}


def train(name, tree, expdir):
    cls = systems.get(name)
    config = from_dict(run_config_class(cls), tree, source="test")
    trainer = Trainer.of(cls, config, expdir)
    trainer.fit()
    return trainer


def command(folder, tree, *options):
    folder.mkdir(exist_ok=True)
    (folder / "train.yaml").write_text(yaml.safe_dump(tree))
    return [
        sys.executable, "-m", "audiolab.bin.train", "--config", str(folder / "train.yaml"),
        "--expdir", str(folder / "run"), *options,
    ]  # fmt: skip


def final(expdir):
    latest = (expdir / "checkpoints" / "latest").read_text().strip()
    return torch.load(expdir / "checkpoints" / latest, weights_only=True)


def tensors(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from tensors(value, f"{prefix}{key}.")
        elif isinstance(value, torch.Tensor):
            yield f"{prefix}{key}", value


def test_overfits_one_batch(system, tmp_path):
    name, example = system
    trainer = train(name, tree_of(name, example, max_steps=1), tmp_path / "run")
    train_set = trainer.train_set
    batch = train_set.batch(trainer.sampler.largest_batch())
    seen = {logged: [] for logged in example.overfits}
    for step in range(60):
        trainer.updater.step([batch], step, trainer.log.meter)
        means = trainer.log.meter.means(trainer.processes)
        for logged, values in seen.items():
            values.append(means[logged])
    for logged, values in seen.items():
        assert np.mean(values[-5:]) < 0.8 * np.mean(values[:5]), f"{logged} does not fall: {values}"


def test_resumes_bit_for_bit_after_sigkill(variant, tmp_path):
    name, example = variant
    tree = tree_of(name, example)
    train(name, tree, tmp_path / "whole")
    killed = tmp_path / "killed" / "run"
    process = subprocess.Popen(command(tmp_path / "killed", tree), env=os.environ | {"OMP_NUM_THREADS": "1"})
    deadline = time.monotonic() + 60
    while not (killed / "checkpoints" / "latest").exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    step = final(killed)["step"]
    assert step < FEW["max_steps"]
    trainer = train(name, tree, killed)
    for (key, value), (other_key, other) in zip(
        tensors(final(killed)), tensors(final(tmp_path / "whole")), strict=True
    ):
        assert key == other_key
        assert torch.equal(value, other), f"{key} differs after a resume from step {step}"
    assert (killed / "history.csv").read_text() == (tmp_path / "whole" / "history.csv").read_text()
    assert trainer.step == FEW["max_steps"]


def test_two_processes_train_as_one(variant, tmp_path):
    name, example = variant
    tree = tree_of(name, example, batch_size=example.batch_size)
    train(name, tree, tmp_path / "one")
    ran = subprocess.run(
        command(tmp_path / "two", tree, "--nproc", "2"), capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    one, two = final(tmp_path / "one")["system"], final(tmp_path / "two" / "run")["system"]
    for key, value in tensors(one):
        # ten steps make several units of the last place of rounding; a mean over unequal parts differs by 1e-4
        torch.testing.assert_close(two[key], value, atol=5e-6, rtol=5e-6, msg=lambda m, key=key: f"{key}: {m}")


def test_exports_what_inference_needs(system, tmp_path):
    name, example = system
    train(name, tree_of(name, example), tmp_path / "run")
    first, again = (example.use(audiolab.load(tmp_path / "run")) for _ in range(2))
    assert np.isfinite(first).all()
    assert np.array_equal(first, again)
    train(name, tree_of(name, example) | {"seed": 1}, tmp_path / "other")
    assert not np.array_equal(first, example.use(audiolab.load(tmp_path / "other")))


def test_logs_finite_scores(system, tmp_path):
    name, example = system
    train(name, tree_of(name, example), tmp_path / "run")
    with open(tmp_path / "run" / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    learns = {"train"} if systems.get(name).optimizes else set()  # a system without updates has nothing to log
    assert {row["split"] for row in rows} == {"valid"} | learns
    assert all(np.isfinite(float(row["value"])) for row in rows)


def test_training_and_validation_name_the_same_value_alike(variant, tmp_path):
    """By value, on the same batches: so a curve shows both, and one name is not two things."""
    name, example = variant
    assert logged_names.faults(*logged_names.values(train(name, tree_of(name, example, max_steps=1), tmp_path))) == []


def test_what_belongs_into_one_plot_is_logged(tmp_path):
    """By one of the systems that draw it: all enhancers say the same of their classifiers, which not all have."""
    logged = {}
    for name in systems.names():
        tree = tree_of(name, getattr(examples, name)(tmp_path / name / "data"), max_steps=1)
        training, validation = logged_names.values(train(name, tree, tmp_path / name / "run"))
        logged[name] = {*training, *validation}
    for together in filter(None, (systems.get(name).together for name in logged)):
        by_them = [logged[name] for name in logged if systems.get(name).together == together]
        assert set(together.names.values()) <= set.union(*by_them)


@pytest.mark.parametrize("section", ["system_conf", "data_conf", "optim", "trainer"])
def test_refuses_an_unknown_key(system, section):
    name, example = system
    tree = tree_of(name, example)
    tree[section] = tree.get(section, {}) | {"nosuchkey": 1}
    with pytest.raises(AudiolabError, match=f"unknown key '{section}.nosuchkey'"):
        from_dict(run_config_class(systems.get(name)), tree, source="test")
