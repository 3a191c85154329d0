"""Commands that write a file: it is none of those that they read."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

from audiolab.errors import AudiolabError

COMMANDS = [
    ("pack", "--run run --verb enhance --out {}", "run/model.pt"),
    ("pack", "--run run --verb enhance --out {}", "link/config.yaml"),
    ("pack", "--run run --verb enhance --scores scores.csv --out {}", "scores.yaml"),
    ("listening_test", "collect a.csv b.csv --key key.csv --out {}", "key.csv"),
    ("listening_test", "collect a.csv b.csv --key key.csv --out {}", "b.csv"),
    ("linguistic_set", "--data set --base scores.csv --out {}", "scores.csv"),
    ("rank_domains", "--data set --random 1 --pool {}", "set/mixtures"),
    ("rank_domains", "--data set --model model.zip --out {}", "model.zip"),
    ("rank_domains", "--data set --model model.zip --out new --pool {}", "new"),
    ("score", "se --data . --runs runs.tsv --judges --out {}", "runs.tsv"),
    ("score", "vc --source set --reference set --train set --runs runs.tsv --judges --out {}", "link/../runs.tsv"),
    ("tabulate", "--scores scores.csv --out {}", "scores.csv"),
]


@pytest.mark.parametrize(("name", "arguments", "out"), COMMANDS)
def test_a_file_that_is_read_is_not_written(tmp_path, monkeypatch, name, arguments, out):
    monkeypatch.chdir(tmp_path)
    for file in ("run/model.pt", "run/config.yaml", "run/run.json", "set/mixtures", "set/wav.scp", "set/utt2spk"):
        Path(file).parent.mkdir(exist_ok=True)
        Path(file).write_text("x y\n")
    for file in ("scores.csv", "scores.yaml", "key.csv", "a.csv", "b.csv", "model.zip", "runs.tsv"):
        Path(file).write_text("x\n")
    Path("link").symlink_to("run")
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    monkeypatch.setattr(sys, "argv", [name, *arguments.format(out).split()])
    with pytest.raises(AudiolabError, match=rf"{out.split('/')[-1]}: .*(is read too|same file)"):
        import_module(f"audiolab.bin.{name}").main()
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before
