"""Going on: bit for bit after any interruption, and only with the same config."""

import os
import random
import signal
import time

import pytest
import torch
from toys import latest, make_config, start, train, weights

from audiolab.errors import AudiolabError
from audiolab.training.determinism import same
from audiolab.training.signals import EXIT_STATUS

EVERYTHING = {
    "max_steps": 21, "log_every": 5, "valid_every": 2, "save_every": 4, "accumulate": 2, "ema_decay": 0.9,
    "keep_best": 2, "average_best": 2, "best": "error", "num_workers": 1,
}  # fmt: skip
SLOW = {"data_conf": {"seconds": 0.015, "items": 23}}


def outcome(expdir):
    """Return all that a run is to give again bit for bit."""
    model = torch.load(expdir / "model.pt", weights_only=True)
    return weights(expdir), model, (expdir / "history.csv").read_text(), sorted(os.listdir(expdir / "checkpoints"))


def wait(process, seconds=60):
    process.join(seconds)
    assert process.exitcode is not None, "training hangs"
    return process.exitcode


def train_under_fire(config, folder, moments, whole):
    """Train to the end, killed up to four times on the way, after parts of ``whole`` seconds; return how often."""
    kills = 0
    for _ in range(20):
        process = start(config, folder)
        if kills < 4:
            process.join(moments.uniform(0.3, 0.9) * whole)
            kills += process.exitcode is None
            process.kill()
        if wait(process) == 0:
            break
    return kills


def test_same_bits_after_sigkill_at_random_moments(tmp_path):
    config = make_config("regression", SLOW, **EVERYTHING)
    process = start(config, tmp_path / "whole")
    while process.is_alive() and not (tmp_path / "whole.out").exists():
        time.sleep(0.01)
    began = time.monotonic()  # the server that processes are forked from has loaded PyTorch by then
    assert wait(process) == 0
    whole = time.monotonic() - began
    moments = random.Random(4)
    for attempt in range(1, 5):  # on a machine that is less busy by now, later runs end before they are killed
        folder = tmp_path / f"killed{attempt}"
        kills = train_under_fire(config, folder, moments, whole / attempt)
        if kills >= 3:
            break
    assert kills >= 3
    assert same(outcome(folder), outcome(tmp_path / "whole"))


def test_sigterm_saves_and_leaves_and_the_same_command_goes_on(tmp_path):
    config = make_config("regression", SLOW, **EVERYTHING)
    train(config, tmp_path / "whole")
    for number in (signal.SIGTERM, signal.SIGUSR1):
        process = start(config, tmp_path / "stopped")
        seen = len(list((tmp_path / "stopped" / "checkpoints").glob("step_*")))
        deadline = time.monotonic() + 60
        while len(list((tmp_path / "stopped" / "checkpoints").glob("step_*"))) <= seen and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(process.pid, number)
        assert wait(process) == EXIT_STATUS
        step = int(latest(tmp_path / "stopped")[5:-3])
        assert f"saved at step {step}; run the same command to go on" in (tmp_path / "stopped.out").read_text()
        assert 0 < step < 21
    train(config, tmp_path / "stopped")
    assert same(outcome(tmp_path / "stopped")[1:3], outcome(tmp_path / "whole")[1:3])
    assert same(weights(tmp_path / "stopped"), weights(tmp_path / "whole"))


def test_a_folder_is_one_runs_at_a_time_and_is_tidied(tmp_path):
    config = make_config("gan", {"data_conf": {"seconds": 0.05}}, max_steps=400)
    process = start(config, tmp_path / "run")
    while process.is_alive() and not (tmp_path / "run" / "checkpoints" / "latest").exists():
        time.sleep(0.05)
    with pytest.raises(AudiolabError, match="another process is training there"):
        train(config, tmp_path / "run")
    process.kill()
    wait(process)
    half = tmp_path / "run" / "checkpoints" / ".step_00000008.pt.abc.tmp"
    half.write_bytes(b"half")
    step = int(latest(tmp_path / "run")[5:-3])
    train(make_config("gan", {"data_conf": {"seconds": 0.05}}, max_steps=step + 1), tmp_path / "run")
    assert not half.exists()


def test_same_seed_same_bits_and_another_seed_others(tmp_path):
    runs = [train(make_config("gan", {"seed": seed}), tmp_path / str(n)) for n, seed in enumerate((1, 1, 2))]
    first, second, other = (run.system.state_dict() for run in runs)
    assert same(first, second)
    assert not same(first, other)
    assert (tmp_path / "0" / "history.csv").read_bytes() == (tmp_path / "1" / "history.csv").read_bytes()


def test_a_longer_run_goes_on_from_a_shorter_one(tmp_path):
    train(make_config("regression", max_steps=8), tmp_path / "run")
    train(make_config("regression", max_steps=12, num_workers=1, log_every=4), tmp_path / "run")
    whole = train(make_config("regression", max_steps=12), tmp_path / "whole")
    assert same(weights(tmp_path / "run")["system"], whole.system.state_dict())
    train(make_config("regression", max_steps=12), tmp_path / "run")
    assert (tmp_path / "run" / "train.log").read_text().count("trained to step 12") == 2


def test_fewer_steps_than_were_trained_are_refused(tmp_path):
    """Else the model of 8 steps would pass for one of 7."""
    train(make_config("regression", max_steps=8), tmp_path / "run")
    before = outcome(tmp_path / "run")
    with pytest.raises(AudiolabError, match="was trained for 8 steps already, and 7 are asked for; ask for 8 or more"):
        train(make_config("regression", max_steps=7), tmp_path / "run")
    assert same(outcome(tmp_path / "run"), before)


@pytest.mark.parametrize("stop", [2, 3, 5, 7])
def test_what_an_epochs_start_changes_is_changed_once(tmp_path, stop):
    """Epochs have 3 steps: a teacher that is taken at their beginning is not taken anew in mid-epoch."""
    train(make_config("student", max_steps=stop), tmp_path / "run")
    run = train(make_config("student", max_steps=10), tmp_path / "run")
    whole = train(make_config("student", max_steps=10), tmp_path / "whole")
    assert run.sampler.steps_per_epoch == 3
    assert same(run.system.state_dict(), whole.system.state_dict())
    assert not same(run.system.teacher.state_dict(), run.system.network.state_dict())


@pytest.mark.parametrize(
    ("tree", "trainer", "message"),
    [
        ({"seed": 1}, {}, "trained with seed 0, and is now to go on with 1; set it back"),
        ({"optim": {"model": {"lr": 0.1}}}, {}, "optim.model.lr 0.001, and is now to go on with 0.1"),
        ({}, {"accumulate": 2}, "trainer.accumulate 1, and is now to go on with 2"),
        ({"data_conf": {"items": 14}}, {}, "data_conf.items 13, and is now to go on with 14"),
        ({"system_conf": {"dropout": 0.1}}, {}, "system_conf.dropout 0.3"),
    ],
)
def test_a_changed_config_is_refused(tmp_path, tree, trainer, message):
    train(make_config("regression", max_steps=4), tmp_path / "run")
    before = outcome(tmp_path / "run"), (tmp_path / "run" / "config.yaml").read_text()
    with pytest.raises(AudiolabError, match=message):
        train(make_config("regression", tree, **{"max_steps": 4} | trainer), tmp_path / "run")
    assert same((outcome(tmp_path / "run"), (tmp_path / "run" / "config.yaml").read_text()), before)


def test_a_schedule_that_follows_max_steps_refuses_another_end(tmp_path):
    tree = {"optim": {"model": {"schedule": "cosine"}}}
    train(make_config("regression", tree, max_steps=4), tmp_path / "run")
    with pytest.raises(AudiolabError, match=r"optim.model.end 4, and is now to go on with 8 \(it follows"):
        train(make_config("regression", tree, max_steps=8), tmp_path / "run")


def test_history_is_cut_back_and_a_half_line_is_dropped(tmp_path):
    train(make_config("regression", max_steps=8), tmp_path / "run")
    path = tmp_path / "run" / "history.csv"
    good = path.read_text()
    path.write_text(good + "9,2,train,model_loss,1.0\n10,3,tra")
    train(make_config("regression", max_steps=8), tmp_path / "run")
    assert path.read_text() == good
    path.write_text(good.replace("valid", "valid,x"))
    with pytest.raises(AudiolabError, match=r"history.csv:\d+: not a line of a history"):
        train(make_config("regression", max_steps=8), tmp_path / "run")
