"""What all scoring has in common: lists of runs, processes, failures, and what is written."""

import argparse
import math
from dataclasses import dataclass

import joblib
import pytest
import yaml

from audiolab.cli import ArgumentParser
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import Metric, ScoreFormat
from audiolab.tasks.scoring import Scored, add_options, attempt, processes, read_list, write_scores


@dataclass(frozen=True)
class Run:
    system: str
    voice: str
    dir: str


@dataclass(frozen=True)
class Row:
    system: str
    utterance: str
    values: dict[str, float]


LAYOUT = ScoreFormat(Row, (Metric("level", "Level", "dB", 1, "lower"),), "score_x")


def test_a_list_of_runs_is_read_and_a_run_is_listed_once(tmp_path):
    path = tmp_path / "runs.tsv"
    path.write_text("system\tvoice\tdir\na\tA\tx\na\tB\tx\n")
    assert read_list(path, Run) == [Run("a", "A", "x"), Run("a", "B", "x")]
    path.write_text("system\tvoice\tdir\na\tA\tx\na\tA\ty\n")
    with pytest.raises(AudiolabError, match=r"runs.tsv:3: system a, voice A is listed twice"):
        read_list(path, Run)
    path.write_text("system\tvoice\tdir\n")
    with pytest.raises(AudiolabError, match="nothing is listed under the header system, voice, dir"):
        read_list(path, Run)


def test_work_is_done_in_processes_and_failures_are_told():
    with processes(2):
        found = joblib.Parallel()(joblib.delayed(attempt)(_root, value) for value in (4.0, -1.0, 9.0))
    assert found == [2.0, "-1.0 is negative", 3.0]


def _root(value):
    if value < 0:
        raise AudiolabError(f"{value} is negative")
    return math.sqrt(value)


@pytest.fixture
def options(tmp_path):
    parser = ArgumentParser(prog="score_x")
    add_options(parser, Run)
    given = parser.parse_args(["--runs", "runs.tsv", "--out", str(tmp_path / "s.csv")])
    assert given.nj == 1
    for wrong in ("0", "-1", "two"):
        with pytest.raises(AudiolabError, match=f"--nj: '{wrong}' is no count of 1 or more"):
            parser.parse_args(["--runs", "runs.tsv", "--out", "s.csv", f"--nj={wrong}"])
    return given


def test_scores_and_how_they_were_measured_are_written(options, tmp_path, caplog):
    scored = Scored([Row("a", "u1", {"level": 2.5}), Row("a", "u2", {"level": math.nan})], [])
    with caplog.at_level("INFO"):
        write_scores(options, LAYOUT, scored, {"Level": "in dB"}, ["u2: x: no speech"], {"speakers": ["A"]})
    assert (tmp_path / "s.csv").read_text() == "system,utterance,level\na,u1,2.5\na,u2,\n"
    report = yaml.safe_load((tmp_path / "s.yaml").read_text())
    refused = ["u2: x: no speech"]
    assert report == {"conditions": {"Level": "in dB"}, "speakers": ["A"], "refused": refused, "failures": []}
    assert "refused: u2: x: no speech" in caplog.text
    assert f"2 utterances scored, 0 failures: {tmp_path / 's.csv'}" in caplog.text


def test_failures_end_the_command_unless_they_are_allowed(options, tmp_path, caplog):
    scored = Scored([Row("a", "u1", {"level": 2.5})], ["u2.wav: broken", "u3.wav: silent"])
    with pytest.raises(AudiolabError, match=r"2 recordings could not be used, the first: u2.wav: broken; nothing was"):
        write_scores(options, LAYOUT, scored, {}, [], {})
    assert list(tmp_path.iterdir()) == []
    assert "failed: u3.wav: silent" in caplog.text
    allowed = argparse.Namespace(**{**vars(options), "allow_failures": True})
    write_scores(allowed, LAYOUT, scored, {}, [], {})
    report = yaml.safe_load((tmp_path / "s.yaml").read_text())
    assert report == {"conditions": {"Failures": "2, left out"}, "refused": [], "failures": scored.failures}
    with pytest.raises(AudiolabError, match=r"runs.tsv: not one utterance could be scored"):
        write_scores(allowed, LAYOUT, Scored([], scored.failures), {}, [], {})
