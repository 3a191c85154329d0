"""Two processes are one."""

import os
import signal
import time

import pytest
import torch
from toys import make_config, start_two, train, weights

from audiolab.training.signals import EXIT_STATUS


def finish(processes, status=0):
    for process in processes:
        process.join(90)
    assert [process.exitcode for process in processes] == [status] * len(processes)


@pytest.mark.parametrize("first", ["generator", "discriminator"])
@pytest.mark.parametrize("accumulate", [1, 3])
def test_two_processes_give_the_weights_of_one(tmp_path, first, accumulate):
    data, optim = {"items": 50, "bad_item": 20}, {"generator": {"lr": 0.01}}
    tree = {"system_conf": {"first": first}, "data_conf": data, "optim": optim}
    config = make_config("gan", tree, batch_size=12, max_steps=20, accumulate=accumulate, ema_decay=0.9, clip_norm=1.0)
    finish(start_two(config, tmp_path / "two"))
    train(config, tmp_path / "one")
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    for part in (lambda content: content["system"], lambda content: content["ema"]["weights"]):
        for name, value in part(one).items():
            torch.testing.assert_close(part(two)[name], value, atol=1e-6, rtol=0)
    assert one["updater"]["skips"] == two["updater"]["skips"]
    assert one["updater"]["skips"]["total"]["generator"] > 0
    lines = [(tmp_path / run / "history.csv").read_text().splitlines()[1:] for run in ("one", "two")]
    for a, b in zip(*lines, strict=True):
        assert a.split(",")[:4] == b.split(",")[:4]
        assert float(a.split(",")[4]) == pytest.approx(float(b.split(",")[4]), abs=1e-4)
    assert "2 process(es) on CPU, batch 12 = 2 x" in (tmp_path / "two" / "train.log").read_text()


def test_a_frozen_network_stays_as_it_is(tmp_path):
    config = make_config("gan", {"system_conf": {"frozen": True}}, max_steps=4)
    finish(start_two(config, tmp_path / "two"))
    train(config, tmp_path / "one")
    one, two = (weights(tmp_path / run)["system"] for run in ("one", "two"))
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, atol=0 if name.startswith("back") else 1e-6, rtol=0)


def test_processes_that_do_not_see_the_same_run_are_refused(tmp_path):
    config = make_config("gan")
    train(make_config("gan", max_steps=4), tmp_path / "here")
    finish(start_two(config, tmp_path / "here", config, tmp_path / "there"), 1)
    assert (
        "process 0 finds a checkpoint of step 4 there, process 1 one of step 0" in (tmp_path / "here.out").read_text()
    )
    other = make_config("gan", {"data_conf": {"items": 14}})
    finish(start_two(config, tmp_path / "new", other, tmp_path / "new"), 1)
    assert "process 0 trains on 13 items, process 1 on 14 items" in (tmp_path / "new.out").read_text()


def test_a_signal_to_one_process_stops_both_in_the_same_step_and_they_go_on(tmp_path):
    tree = {"data_conf": {"items": 50, "seconds": 0.02}}
    config = make_config("gan", tree, max_steps=40)
    processes = start_two(config, tmp_path / "run")
    while processes[0].is_alive() and not list((tmp_path / "run" / "checkpoints").glob("step_*")):
        time.sleep(0.05)
    os.kill(processes[1].pid, signal.SIGTERM)
    finish(processes, EXIT_STATUS)
    assert weights(tmp_path / "run")["step"] < 40
    finish(start_two(config, tmp_path / "run"))
    finish(start_two(config, tmp_path / "whole"))
    assert (tmp_path / "run" / "history.csv").read_text() == (tmp_path / "whole" / "history.csv").read_text()
    run, whole = weights(tmp_path / "run")["system"], weights(tmp_path / "whole")["system"]
    assert all(torch.equal(run[name], whole[name]) for name in whole)
