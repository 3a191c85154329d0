"""What all scoring has in common: lists of runs, processes, failures, and what is written."""

import argparse
import math
from dataclasses import dataclass

import pytest
import yaml

from audiolab.cli import ArgumentParser
from audiolab.errors import AudiolabError
from audiolab.metrics.scores import Metric, ScoreFormat
from audiolab.tasks.runs import Run, read_runs
from audiolab.tasks.scored import Scored
from audiolab.tasks.scoring import add_options, check_out, write_scores
from audiolab.tasks.task import Task


@dataclass(frozen=True)
class Row:
    system: str
    utterance: str
    values: dict[str, float]


LAYOUT = ScoreFormat(Row, (Metric("level", "Level", "dB", 1, "lower"),), "score x")
TASK = Task("x", "Singing", LAYOUT, ("voice",), "plain", "the songs", (), ("utt2loud", "Loud"), Row, None, ())


def test_a_list_of_runs_is_read_and_a_run_is_listed_once(tmp_path):
    path = tmp_path / "runs.tsv"
    path.write_text("system\tseed\tvoice\tdir\na\t0\tA\tx\na\t0\tB\tx\nplain\t-\tA\t-\n")
    runs = [Run("a", "0", ("A",), "x"), Run("a", "0", ("B",), "x"), Run("plain", "-", ("A",), "-")]
    assert TASK.read_runs(path) == runs
    assert runs[1].place("u1") == "a, seed 0, B, u1"
    path.write_text("system\tseed\tvoice\tdir\na\t0\tA\tx\na\t0\tA\ty\n")
    with pytest.raises(AudiolabError, match=r"runs.tsv:3: system a, seed 0, voice A is listed twice"):
        TASK.read_runs(path)
    path.write_text("system\tseed\tvoice\tdir\n")
    with pytest.raises(AudiolabError, match="nothing is listed under the header system, seed, voice, dir"):
        TASK.read_runs(path)
    path.write_text("system\tseed\tvoice\tdir\na\t0\t\tx\n")
    with pytest.raises(AudiolabError, match=r"runs.tsv:2: an empty cell; the columns must be system, seed, voice, dir"):
        TASK.read_runs(path)
    path.write_text("system\tseed\tx\ty\tdir\nplain\t0\tA\tB\tx\n")
    with pytest.raises(AudiolabError, match="the dir of 'plain', and of no other system, is '-'"):
        read_runs(path, ("x", "y"), "plain")


def test_scores_are_written_over_scores_alone(tmp_path):
    out, beside = tmp_path / "s.csv", tmp_path / "s.yaml"
    check_out(out, TASK)
    beside.write_text("rate: 16000\n")
    with pytest.raises(AudiolabError, match=r"s\.yaml: is there without s\.csv, and would be written over"):
        check_out(out, TASK)
    out.write_text("u1 a.wav\n")
    with pytest.raises(AudiolabError, match=r"s\.csv: is no table of scores, and would be written over"):
        check_out(out, TASK)
    LAYOUT.write(out, [Row("a", "u1", {"level": 1.0})])
    check_out(out, TASK)
    out.write_text("system,utterance,older\na,u1,2\n")
    check_out(out, TASK)
    for wrong, told in ((tmp_path, "is a folder"), (beside, "name a CSV")):
        with pytest.raises(AudiolabError, match=told):
            check_out(wrong, TASK)


@pytest.fixture
def options(tmp_path):
    parser = ArgumentParser(prog="score x")
    add_options(parser, TASK)
    given = parser.parse_args(["--runs", "runs.tsv", "--out", str(tmp_path / "s.csv")])
    assert given.nj == 1
    for wrong in ("0", "-1", "two"):
        with pytest.raises(AudiolabError, match=f"--nj: '{wrong}' is no count of 1 or more"):
            parser.parse_args(["--runs", "runs.tsv", "--out", "s.csv", f"--nj={wrong}"])
    return given


def test_scores_and_how_they_were_measured_are_written(options, tmp_path, caplog):
    rows = {0: Row("a", "u1", {"level": 2.5}), 1: Row("a", "u2", {"level": math.nan})}
    scored = Scored(rows, refused={1: ["u2: x: no speech"]})
    with caplog.at_level("INFO"):
        write_scores(options, TASK, scored, {"Level": "in dB"}, {"speakers": ["A"]})
    assert (tmp_path / "s.csv").read_text() == "system,utterance,level\na,u1,2.5\na,u2,\n"
    report = yaml.safe_load((tmp_path / "s.yaml").read_text())
    refused = ["u2: x: no speech"]
    assert report == {"conditions": {"Level": "in dB"}, "speakers": ["A"], "refused": refused, "failures": []}
    assert "refused: u2: x: no speech" in caplog.text
    assert f"2 utterances scored, 0 failures, 1 scores refused: {tmp_path / 's.csv'}" in caplog.text


def test_failures_end_the_command_unless_they_are_allowed(options, tmp_path, caplog):
    failures = ["u2.wav: broken", "u3.wav: silent"]
    scored = Scored({0: Row("a", "u1", {"level": 2.5}), 2: failures[1], 1: failures[0]})
    with pytest.raises(AudiolabError, match=r"2 recordings could not be used, the first: u2.wav: broken; nothing was"):
        write_scores(options, TASK, scored, {}, {})
    assert list(tmp_path.iterdir()) == []
    assert "failed: u3.wav: silent" in caplog.text
    allowed = argparse.Namespace(**{**vars(options), "allow_failures": True})
    write_scores(allowed, TASK, scored, {}, {})
    report = yaml.safe_load((tmp_path / "s.yaml").read_text())
    assert report == {"conditions": {"Failures": "2, left out"}, "refused": [], "failures": failures}
    with pytest.raises(AudiolabError, match=r"runs.tsv: not one utterance could be scored"):
        write_scores(allowed, TASK, Scored({0: "silent"}), {}, {})
