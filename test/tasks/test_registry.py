"""A scores.csv tells of which task it is; commands name one."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.tasks import registry
from audiolab.tasks.registry import TASKS, task_of


def test_the_header_tells_the_task(tmp_path):
    for task in TASKS.values():
        task.layout.write(tmp_path / "scores.csv", [])
        assert task_of(tmp_path / "scores.csv") is task


def test_a_task_is_chosen_by_its_name(monkeypatch, capsys):
    for name, task in TASKS.items():
        monkeypatch.setattr("sys.argv", ["score", name, "--out", "x"])
        assert registry.chosen("score") == (task, ["--out", "x"])
        assert task.layout.made_by == f"score {name}"
    monkeypatch.setattr("sys.argv", ["score", "ttt"])
    with pytest.raises(AudiolabError, match=r"score: no task 'ttt'; did you mean 'tts'"):
        registry.chosen("score")
    for words in ([], ["--help"]):
        monkeypatch.setattr("sys.argv", ["score", *words])
        with pytest.raises(SystemExit):
            registry.chosen("score")
        assert "usage: score vc|se|svs|tts" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "system,seed\n", "system,seed\nx,1\n"])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(
        AudiolabError, match=r"csv:1: the columns are not those of score vc or score se or score svs or score tts"
    ):
        task_of(tmp_path / "scores.csv")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(
        AudiolabError, match=r"x.csv: cannot read the scores: .*; score vc or score se or score svs or score tts writes"
    ):
        task_of(tmp_path / "x.csv")
