"""What training runs left on disk, in words."""

from pathlib import Path

import numpy as np

from audiolab.report.history import History, TrainingRun, how_trained


def run(commit, steps, start="2026-01-02T03:04:05"):
    start = {"versions": {"torch": "2.14"}, "commit": commit, "start": start}
    history = History({("train", "loss"): (np.array([1, steps]), np.zeros(2))})
    return TrainingRun("a", Path("a"), {}, "", start, history)


def test_steps_commits_and_first_start():
    runs = [run("b" * 40, 1500), run("a" * 40 + "+", 500, "2026-01-01T00:00:00"), run(None, 500)]
    assert how_trained(runs) == {
        "Steps": "500 to 1,500",
        "Started": "2026-01-01T00:00:00",
        "Commit": "aaaaaaaaaaaa with uncommitted changes, bbbbbbbbbbbb, no checkout",
        "Versions": "torch 2.14",
    }
    assert how_trained(runs[:1])["Steps"] == "1,500"
