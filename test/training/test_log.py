"""What is logged: means over values and processes, also across a checkpoint; the speed of steps, and waiting."""

import logging
import re

import pytest
import torch
from toys import make_config, train

from audiolab.training.distributed import Processes
from audiolab.training.log import Meter, RunLog


def test_means_go_on_from_a_checkpoint():
    meter, again = Meter(), Meter()
    for value in (1.0, 2.0):
        meter.add("loss", torch.tensor(value))
    again.load([meter.state()], Processes())
    again.add("loss", torch.tensor(6.0))
    assert again.means(Processes()) == {"loss": 3.0}
    assert again.means(Processes()) == {}


def test_values_of_a_checkpoint_go_to_where_new_ones_will_be():
    """They are stacked with those that come from a GPU, so they must lie there too."""
    meter = Meter()
    meter.load([{"loss": torch.ones(2, dtype=torch.float64)}], Processes(device=torch.device("meta")))
    assert {value.device.type for value in meter._values["loss"]} == {"meta"}


def test_speed_and_waiting_are_of_the_steps_since_the_last_line(caplog, tmp_path):
    caplog.set_level(logging.INFO, "audiolab")
    log = RunLog(tmp_path, 0, 10, Processes())
    with log.bar():
        for waited, seconds in ((0.1, 0.4), (0.2, 0.6)):
            log.stepped(waited, seconds)
            log.meter.add("loss", torch.tensor(seconds))
        log.trained(2, 0, {"rate": 0.25})
        log.stepped(0.0, 0.25)
        log.trained(3, 0, {})
        log.validated(3, 0, {"error": 0.125})
    log.close()
    first, second, third = (record.getMessage() for record in caplog.records)
    assert first == "step 2/10 epoch 0: loss 0.5, rate 0.25; 2 steps/s, 30 % waiting for data"
    assert second.endswith("4 steps/s, 0 % waiting for data")
    assert third == "step 3 validation: error 0.125"
    rows = [line.split(",") for line in (tmp_path / "history.csv").read_text().splitlines()[1:]]
    assert [row[:4] for row in rows] == [
        ["2", "0", "train", "loss"],
        ["2", "0", "train", "rate"],
        ["3", "0", "valid", "error"],
    ]
    assert [float(row[4]) for row in rows] == pytest.approx([0.5, 0.25, 0.125])


def test_how_far_a_run_is_shows_before_the_first_means(tmp_path, monkeypatch):
    """From the first step on, and then one now and then; `utils/status.py` reads it."""
    few = {"max_steps": 7, "log_every": 5, "valid_every": 99, "save_every": 99}
    train(make_config("regression", **few), tmp_path / "quick")
    assert steps_of(tmp_path / "quick") == ["1/7", "5/7 epoch", "7/7 epoch"]
    monkeypatch.setattr("audiolab.training.log.PROGRESS_EVERY", 0.0)
    train(make_config("regression", **few), tmp_path / "slow")
    assert steps_of(tmp_path / "slow") == ["1/7", "2/7", "3/7", "4/7", "5/7 epoch", "7/7 epoch"]
    histories = [(tmp_path / name / "history.csv").read_bytes() for name in ("quick", "slow")]
    assert histories[0] == histories[1]


def steps_of(run):
    return re.findall(r" step (\d+/\d+(?: epoch)?)", (run / "train.log").read_text())


def test_slow_data_shows_in_the_log(tmp_path):
    train(make_config("regression", {"data_conf": {"seconds": 0.05}}, max_steps=4, log_every=4), tmp_path / "run")
    (share,) = re.findall(r"(\d+) % waiting", (tmp_path / "run/train.log").read_text())
    assert int(share) > 50  # 0.2 s a batch
