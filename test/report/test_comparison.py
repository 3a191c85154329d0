"""Values of several systems in one plot."""

import shutil
import sys

import matplotlib.image
import numpy as np
import pytest

from audiolab.bin import plot_runs
from audiolab.errors import AudiolabError
from audiolab.report.comparison import comparison, joined
from audiolab.report.history import History


def history(steps, values, name="d_real"):
    return History({("train", name): (np.array(steps), np.array(values, dtype=float))})


def test_runs_are_joined_at_the_steps_that_all_have():
    steps, values = joined(
        [(np.array([1, 2, 4]), np.array([1.0, 2, 4])), (np.array([2, 3, 4]), np.array([20.0, 30, 40]))]
    )
    assert steps.tolist() == [2, 4]
    assert values.tolist() == [[2, 4], [20, 40]]


def test_lines_are_means_and_bands_are_ranges():
    systems = {"a": [history([1, 2], [0, 1]), history([1, 2], [1, 3])], "b": [history([1, 2], [5, 5])]}
    (axis,) = comparison(systems, ["d_real"]).axes
    assert [line.get_label() for line in axis.lines] == ["a", "b"]
    assert axis.lines[0].get_ydata().tolist() == [0.5, 2]
    corners = axis.collections[0].get_paths()[0].vertices
    assert {tuple(corner) for corner in corners} >= {(1, 0), (1, 1), (2, 1), (2, 3)}


def test_a_value_that_nobody_logged_is_told():
    with pytest.raises(AudiolabError, match="no run has logged 'd_reel' in training"):
        comparison({"a": [history([1], [0])]}, ["d_reel"])


def write_run(folder, values):
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("system: softgan\n")
    (folder / "run.json").write_text('{"versions": {}, "commit": "x", "start": "y"}')
    rows = [f"{step},0,train,d_real,{value}" for step, value in enumerate(values, start=1)]
    (folder / "history.csv").write_text("\n".join(["step,epoch,split,name,value", *rows]) + "\n")


def test_command_draws_a_picture(tmp_path, monkeypatch):
    for system in ("one", "two"):
        for seed in range(2):
            write_run(tmp_path / "exp" / system / f"s{seed}", [0.1 * seed, 0.5, 0.9])
    command = ["plot_runs", "--expdir", str(tmp_path / "exp"), "--values", "d_real", "--out", str(tmp_path / "d.png")]
    monkeypatch.setattr(sys, "argv", command)
    plot_runs.main()
    picture = matplotlib.image.imread(tmp_path / "d.png")
    assert picture.shape[0] > 300
    assert picture.std() > 0.02
    write_run(tmp_path / "exp" / "two" / "broken", [])
    (tmp_path / "exp" / "two" / "broken" / "history.csv").unlink()
    made = [tmp_path / "exp" / system / f"s{seed}" / "convert/eval" for system in ("one", "two") for seed in range(2)]
    (tmp_path / "list.tsv").write_text("dir\tsystem\n" + "".join(f"{folder}\tx\n" for folder in [*made, "-"]))
    monkeypatch.setattr(sys, "argv", [*command, "--scored", str(tmp_path / "list.tsv")])
    plot_runs.main()
    np.testing.assert_array_equal(matplotlib.image.imread(tmp_path / "d.png"), picture)
    (tmp_path / "list.tsv").write_text("system\nx\n")
    with pytest.raises(AudiolabError, match=r"list.tsv:1: no column dir"):
        plot_runs.main()
    shutil.rmtree(tmp_path / "exp" / "two" / "broken")
    monkeypatch.setattr(sys, "argv", [*command, "--systems", "ona"])
    with pytest.raises(AudiolabError, match=r"--systems: no system 'ona' in .*; did you mean 'one'"):
        plot_runs.main()
