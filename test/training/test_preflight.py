"""What is tried before the first step, and what is left behind when a step fails."""

import json
import logging
import os
import signal
import time
from collections import namedtuple

import pytest
import torch
from toys import make_config, make_trainer, train

from audiolab.errors import AudiolabError
from audiolab.training import loading, preflight
from audiolab.training.determinism import same
from audiolab.training.folder import command_line
from audiolab.training.signals import StoppedError
from audiolab.training.updater import Updater


def test_preflight_changes_nothing(tmp_path):
    trainer = make_trainer(make_config("regression", precision="bf16"), tmp_path / "run")
    with_it = trainer.system
    trainer.fit()
    other = make_trainer(make_config("regression", precision="bf16"), tmp_path / "other")
    other._preflight = lambda: None
    other.fit()
    assert same(other.system.state_dict(), with_it.state_dict())
    assert same(other.updater.state(), trainer.updater.state())


def test_too_little_disk_is_told_before_training(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 50_000, 50_000))
    with pytest.raises(AudiolabError, match=r"the disk has 0 MiB free, 101 checkpoints of 0\.0 MiB do not fit"):
        train(make_config("gan", keep_last=100), tmp_path / "run")
    assert not list((tmp_path / "run" / "checkpoints").iterdir())


def test_too_little_shared_memory_is_told_before_training(tmp_path, monkeypatch):
    """Two processes load two batches each ahead, of training and of validation; one is worked on; a page a tensor."""
    usage = namedtuple("usage", "total used free")
    needed = (2 * 2 + 1) * 2 * 4096
    monkeypatch.setattr(loading, "SHARED_MEMORY", tmp_path)
    for free in (needed, needed - 1):
        monkeypatch.setattr(loading.shutil, "disk_usage", lambda path, free=free: usage(10**9, 10**9 - free, free))
        batches = [{"x": torch.zeros(4, 4), "utts": ["a"]}] * 2
        if free == needed:
            loading.check_shared_memory(batches, 2, 1)
        else:
            with pytest.raises(
                AudiolabError, match=r"MiB free, but batches on their way from trainer.num_workers 2 may"
            ):
                loading.check_shared_memory(batches, 2, 1)
    trainer = make_trainer(make_config("gan", num_workers=2), tmp_path / "run")
    with pytest.raises(AudiolabError, match=r"lower trainer\.num_workers, or set it to 0"):
        trainer.fit()
    loading.check_shared_memory(batches, 0, 1)


@pytest.mark.parametrize(("precision", "warned"), [("bf16", True), ("fp32", False)])
def test_a_precision_that_the_cpu_is_slow_in_is_told(tmp_path, monkeypatch, caplog, precision, warned):
    real = Updater._round

    def slow(self, iterators):
        time.sleep(0.2 if self.precision == "bf16" else 0.01)
        return real(self, iterators)

    monkeypatch.setattr(Updater, "_round", slow)
    with caplog.at_level(logging.WARNING):
        train(make_config("regression", precision=precision, max_steps=1), tmp_path / "run")
    assert ("this CPU has no fast bf16; set trainer.precision to fp32" in caplog.text) == warned


def test_asked_to_stop_in_the_preflight_it_leaves_before_a_step(tmp_path):
    trainer = make_trainer(make_config("regression"), tmp_path / "run")
    trainer._enter_epoch = lambda: os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(StoppedError, match=r"asked to stop before the first step: .* from the beginning"):
        trainer.fit()
    assert trainer.step == 0


def test_a_misspelt_metric_is_told_before_training(tmp_path):
    with pytest.raises(AudiolabError, match=r"best is 'cicle', which validation does not give; did you mean 'cycle'"):
        train(make_config("gan", best="cicle", keep_best=1), tmp_path / "run")
    assert not list((tmp_path / "run" / "checkpoints").iterdir())


def test_out_of_memory_names_utterances_and_sizes_and_leaves_the_batch(tmp_path):
    config = make_config("regression", {"system_conf": {"crash": "memory"}})
    with pytest.raises(AudiolabError, match=r"out of memory at step 2 with utterances utt\d+ .*\(x \(4, 4\)\); lower"):
        train(config, tmp_path / "run")
    crash = torch.load(tmp_path / "run" / "crash.pt", weights_only=True)
    assert crash["step"] == 2
    assert len(crash["batches"][0]["utts"]) == 4
    assert crash["error"].startswith("OutOfMemoryError")


def test_a_bug_keeps_its_traceback_and_leaves_the_batch(tmp_path):
    with pytest.raises(KeyError, match="bug"):
        train(make_config("regression", {"system_conf": {"crash": "bug"}}), tmp_path / "run")
    assert (tmp_path / "run" / "crash.pt").exists()


def test_a_batch_that_cannot_be_saved_does_not_hide_the_error(tmp_path, caplog):
    (tmp_path / "run" / "crash.pt").mkdir(parents=True)
    with pytest.raises(KeyError, match="bug"):
        train(make_config("regression", {"system_conf": {"crash": "bug"}}), tmp_path / "run")
    assert "the batch of step 2 could not be saved: cannot write" in caplog.text


def test_a_run_says_what_it_is(tmp_path):
    train(make_config("gan", batch_size=6, accumulate=2), tmp_path / "run")
    train(make_config("gan", batch_size=6, accumulate=2), tmp_path / "run")
    info = json.loads((tmp_path / "run" / "run.json").read_text())
    assert set(info["versions"]) == {"python", "torch", "numpy", "audiolab"}
    assert info["command"].startswith("python")
    assert len(info["resumed"]) == 1
    assert command_line()[0] == "python"
    first = (tmp_path / "run" / "train.log").read_text().splitlines()[0]
    networks = "there 76, back 76, judge 49"
    for part in ("1 process(es) on CPU", "batch 6 = 1 x 2 x 3", "fp32", networks, "generator: adam 0.001"):
        assert part in first
    assert (tmp_path / "run" / "curves" / "cycle.png").stat().st_size > 1000
    assert list((tmp_path / "run" / "tensorboard").iterdir())


def test_a_validation_set_without_items_is_refused(tmp_path):
    trainer = make_trainer(make_config("gan"), tmp_path / "run")
    trainer.validation.dataset.config.items = 0
    with pytest.raises(AudiolabError, match="validation set is empty"):
        type(trainer)(trainer.system, trainer.train_set, trainer.validation.dataset, trainer.config, tmp_path / "run")
