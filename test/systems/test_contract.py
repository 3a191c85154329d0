"""What every registered system has to do (docs/adding-a-system.md)."""

import csv
import subprocess
import sys
import time
from functools import cache

import examples
import logged_names
import numpy as np
import pytest
import torch
import yaml
from toys import start, start_two, weights

import audiolab
from audiolab import systems
from audiolab.config import from_dict
from audiolab.errors import AudiolabError
from audiolab.training.config import run_config_class
from audiolab.training.trainer import Trainer

FEW = {"max_steps": 10, "batch_size": 2, "log_every": 1, "valid_every": 5, "save_every": 2, "ema_decay": 0.9}


class Subject:
    """A system and an example of it; what is made of them, is made once."""

    def __init__(self, name, folder):
        assert hasattr(examples, name), f"test/systems/examples.py has no example of system '{name}'"
        self.name, self.folder = examples.VARIANTS.get(name, name), folder
        self.example = getattr(examples, name)(folder / "data")
        self.whole, self.logged = cache(self._whole), cache(self._logged)

    def tree(self, **trainer):
        return {"system": self.name, **self.example.config, "trainer": FEW | self.example.trainer | trainer}

    def _whole(self):
        """Return the folder of a run from its beginning to its end."""
        train(self.tree(), self.folder / "whole")
        return self.folder / "whole"

    def _logged(self):
        """Return what training and validation log of the same batches, name -> value each."""
        return logged_names.values(train(self.tree(max_steps=1), self.folder / "logged"))


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    """Return a function that gives the subject of a name, of a system or of a variant."""
    return cache(lambda name: Subject(name, tmp_path_factory.mktemp(name)))


@pytest.fixture(params=systems.names())
def system(request, subject):
    return subject(request.param)


@pytest.fixture(params=[*systems.names(), *examples.VARIANTS])
def variant(request, subject):
    """Return further ways in which a system works, too."""
    return subject(request.param)


def config_of(tree):
    return from_dict(run_config_class(systems.get(tree["system"])), tree, source="test")


def train(tree, expdir):
    trainer = Trainer.of(systems.get(tree["system"]), config_of(tree), expdir)
    trainer.fit()
    return trainer


def tensors(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from tensors(value, f"{prefix}{key}.")
        elif isinstance(value, torch.Tensor):
            yield f"{prefix}{key}", value


def check_same(two, one):
    """Hold the weights of a run of two processes against those of a run of one."""
    for key, value in tensors(weights(one)["system"]):
        # ten steps make several units of the last place of rounding; a mean over unequal parts differs by 1e-4
        found = weights(two)["system"][key]
        torch.testing.assert_close(found, value, atol=5e-6, rtol=5e-6, msg=lambda m, key=key: f"{key}: {m}")


def test_overfits_one_batch(system, tmp_path):
    trainer = train(system.tree(max_steps=1), tmp_path / "run")
    train_set = trainer.train_set
    batch = train_set.batch(trainer.sampler.largest_batch())
    seen = {logged: [] for logged in system.example.overfits}
    for step in range(60):
        trainer.updater.step([batch], step, trainer.log.meter)
        means = trainer.log.meter.means(trainer.processes)
        for logged, values in seen.items():
            values.append(means[logged])
    for logged, values in seen.items():
        assert np.mean(values[-5:]) < 0.8 * np.mean(values[:5]), f"{logged} does not fall: {values}"


def test_resumes_bit_for_bit_after_sigkill(variant, tmp_path):
    tree, killed, whole = variant.tree(), tmp_path / "killed", variant.whole()
    process = start(config_of(tree), killed)
    deadline = time.monotonic() + 60
    while not (killed / "checkpoints" / "latest").exists() and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.join()
    step = weights(killed)["step"]
    assert step < FEW["max_steps"]
    trainer = train(tree, killed)
    for (key, value), (other_key, other) in zip(tensors(weights(killed)), tensors(weights(whole)), strict=True):
        assert key == other_key
        assert torch.equal(value, other), f"{key} differs after a resume from step {step}"
    assert (killed / "history.csv").read_text() == (whole / "history.csv").read_text()
    assert trainer.step == FEW["max_steps"]


def test_two_processes_train_as_one(variant, tmp_path):
    tree = variant.tree(batch_size=variant.example.batch_size)
    processes = start_two(config_of(tree), tmp_path / "two")
    train(tree, tmp_path / "one")
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0], (tmp_path / "two.out").read_text()
    check_same(tmp_path / "two", tmp_path / "one")


def test_the_command_trains_in_two_processes_as_in_one(subject, tmp_path):
    """As ``--nproc`` and the YAML of a run ask for it, of one system."""
    softgan = subject("softgan")
    tree = softgan.tree(batch_size=softgan.example.batch_size)
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(tree))
    options = ["--config", str(tmp_path / "train.yaml"), "--expdir", str(tmp_path / "two"), "--nproc", "2"]
    command = [sys.executable, "-m", "audiolab.bin.train", *options]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    assert "2 process(es) on CPU" in (tmp_path / "two" / "train.log").read_text()
    train(tree, tmp_path / "one")
    check_same(tmp_path / "two", tmp_path / "one")


def test_exports_what_inference_needs(system, tmp_path):
    first, again = (system.example.use(audiolab.load(system.whole())) for _ in range(2))
    assert np.isfinite(first).all()
    assert np.array_equal(first, again)
    train(system.tree() | {"seed": 1}, tmp_path / "other")
    assert not np.array_equal(first, system.example.use(audiolab.load(tmp_path / "other")))


def test_logs_finite_scores(system):
    with open(system.whole() / "history.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    learns = {"train"} if systems.get(system.name).optimizes else set()  # a system without updates has nothing to log
    assert {row["split"] for row in rows} == {"valid"} | learns
    assert all(np.isfinite(float(row["value"])) for row in rows)


def test_training_and_validation_name_the_same_value_alike(variant):
    """By value, on the same batches: so a curve shows both, and one name is not two things."""
    assert logged_names.faults(*variant.logged()) == []


def test_what_belongs_into_one_plot_is_logged(subject):
    """By one of the systems that draw it: all enhancers say the same of their classifiers, which not all have."""
    logged = {name: set().union(*subject(name).logged()) for name in systems.names()}
    for together in filter(None, (systems.get(name).together for name in logged)):
        by_them = [logged[name] for name in logged if systems.get(name).together == together]
        assert set(together.names.values()) <= set.union(*by_them)


@pytest.mark.parametrize("section", ["system_conf", "data_conf", "optim", "trainer"])
def test_refuses_an_unknown_key(system, section):
    tree = system.tree()
    tree[section] = tree.get(section, {}) | {"nosuchkey": 1}
    with pytest.raises(AudiolabError, match=f"unknown key '{section}.nosuchkey'"):
        config_of(tree)
