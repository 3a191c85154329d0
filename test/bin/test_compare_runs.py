"""By how much trainings are better than others: the gain, its sign, and what cannot be compared."""

import json
import subprocess
import sys

import pytest


def run_folder(path, scores, trainer="{best: loss, best_mode: min}"):
    path.mkdir()
    (path / "config.yaml").write_text(f"system: poconet\ntrainer: {trainer}\n")
    (path / "run.json").write_text(json.dumps({"versions": {}, "commit": None, "start": "2026-11-30"}))
    lines = [f"{step},0,valid,loss,{score}" for step, score in enumerate(scores, 1)] + ["9,0,train,loss,-100"]
    (path / "history.csv").write_text("\n".join(["step,epoch,split,name,value", *lines]) + "\n")
    return str(path)


def compare(*arguments):
    made = subprocess.run(
        [sys.executable, "-m", "audiolab.bin.compare_runs", *arguments], capture_output=True, text=True, check=False
    )
    return made.returncode, made.stdout.strip(), made.stderr


def test_the_gain_is_of_the_means_of_the_best_values(tmp_path):
    before = [run_folder(tmp_path / "a0", [3, 2, "nan"]), run_folder(tmp_path / "a1", [4])]
    after = [run_folder(tmp_path / "b0", [5, 1.5]), run_folder(tmp_path / "b1", [2.5, 9])]
    assert compare("--before", *before, "--after", *after)[:2] == (0, "1")
    assert compare("--before", *after, "--after", *before)[:2] == (0, "-1")
    assert compare("--before", *before, "--after", *after, "--least", "0.9")[:2] == (0, "1")
    assert compare("--before", *before, "--after", *after, "--least", "1")[:2] == (3, "1")


def test_what_is_to_be_high(tmp_path):
    high = "{best: loss, best_mode: max}"
    runs = [run_folder(tmp_path / "a", [1, 5, 2], high), run_folder(tmp_path / "b", [4, 3], high)]
    assert compare("--before", runs[0], "--after", runs[1], "--least", "0")[:2] == (3, "-1")


@pytest.mark.parametrize(
    ("scores", "trainer", "told"),
    [
        ([1], "{batch_size: 1}", "no trainer.best, the metric that runs are compared by; set it"),
        ([1], "{best: loss, best_mode: max}", "is ranked by min of loss"),
        (["nan"], "{best: loss}", "no loss of a validation; train it to one at least"),
    ],
)
def test_what_cannot_be_compared(tmp_path, scores, trainer, told):
    runs = [run_folder(tmp_path / "a", [1]), run_folder(tmp_path / "b", scores, trainer)]
    status, printed, said = compare("--before", runs[0], "--after", runs[1])
    assert (status, printed) == (1, "")
    assert told in said
    assert "Traceback" not in said
