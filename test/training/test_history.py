"""TensorBoard shows a run as history.csv has it, also where it was killed before its first checkpoint."""

import itertools
from types import SimpleNamespace

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer import event_file_writer

from audiolab.training.history import History


def log(folder, begins, steps, value):
    history = History(folder, begins)
    for step in steps:
        history.add(step, 0, "train", {"loss": value})
    history.close()


def shown(folder):
    board = EventAccumulator(str(folder / "tensorboard"))
    board.Reload()
    return [(event.step, event.value) for event in board.Scalars("train/loss")]


def test_tensorboard_forgets_what_is_trained_again(tmp_path, monkeypatch):
    # Event files are read in the order of the second in which they were begun: no run is taken up again within one.
    seconds = itertools.count(1_700_000_000)
    monkeypatch.setattr(event_file_writer, "time", SimpleNamespace(time=lambda: next(seconds)))
    log(tmp_path, 0, [1, 2, 3], 1.0)
    log(tmp_path, 0, [1, 2], 2.0)  # no checkpoint was there yet
    assert shown(tmp_path) == [(1, 2.0), (2, 2.0)]
    log(tmp_path, 1, [2, 3], 3.0)
    assert shown(tmp_path) == [(1, 2.0), (2, 3.0), (3, 3.0)]
