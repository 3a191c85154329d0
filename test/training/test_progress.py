"""Log lines tell the speed of steps, and how much of their time they waited for data."""

import logging
import re

from toys import make_config, train

from audiolab.training.distributed import Processes
from audiolab.training.progress import Progress


def test_speed_and_waiting_are_of_the_steps_since_the_last_line(caplog):
    caplog.set_level(logging.INFO, "audiolab")
    with Progress(0, 10, Processes()) as progress:
        for waited, seconds in ((0.1, 0.4), (0.2, 0.6)):
            progress.stepped(waited, seconds)
        progress.logged(2, 0, {"loss": 0.5})
        progress.stepped(0.0, 0.25)
        progress.logged(3, 0, {"loss": 0.5})
    first, second = (record.getMessage() for record in caplog.records)
    assert first == "step 2/10 epoch 0: loss 0.5; 2 steps/s, 30 % waiting for data"
    assert second.endswith("4 steps/s, 0 % waiting for data")


def test_slow_data_shows_in_the_log(tmp_path):
    train(make_config("regression", {"data_conf": {"seconds": 0.05}}, max_steps=4, log_every=4), tmp_path / "run")
    (share,) = re.findall(r"(\d+) % waiting", (tmp_path / "run/train.log").read_text())
    assert int(share) > 50  # 0.2 s a batch
