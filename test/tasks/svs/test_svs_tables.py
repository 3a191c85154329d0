"""Tables of separation: medians over songs, the mean of medians, the paper beside ours, differences by song."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import median_interval
from audiolab.metrics.table import markdown
from audiolab.tasks.registry import task_of
from audiolab.tasks.svs.scores import FURTHER, METRICS, SVS, SeparationScore
from audiolab.tasks.svs.tables import TASK, medians, paper_table, short_note

RECIPE = Path(__file__).parents[3] / "egs/musdb18/svs1"
PAPER = RECIPE / "local/tables.tsv"
SET = "musdb18_test"
GAINS = {"mixture": 0.0, "teacher": 6.0, "student_large_25_1": 7.0}


def score(system, seed, song, vocals, accompaniment, name=SET):
    values = {"sdr_vocals": vocals, "sdr_accompaniment": accompaniment, "sdr_mean": (vocals + accompaniment) / 2}
    return SeparationScore(system, seed, name, song, 200, 3, values)


@pytest.fixture
def scores():
    generator = np.random.default_rng(0)
    levels = generator.normal(-5, 3, 7)
    found = []
    for system, gain in GAINS.items():
        for seed in ["-"] if system == "mixture" else ["0", "1"]:
            for song, level in enumerate(levels):
                rise = gain + 0.2 * (seed == "1")
                found.append(score(system, seed, f"song{song}", level + rise, rise - level))
    return found


def values(scores, system, column):
    """Return song -> mean over seeds."""
    of_system = [s for s in scores if s.system == system]
    songs = sorted({s.song for s in of_system})
    return np.array([np.mean([s.values[column] for s in of_system if s.song == song]) for song in songs])


def test_scores_survive_a_file(scores, tmp_path):
    scores[2].values["sdr_vocals"] = math.nan
    scores[0].values["sir_vocals"] = 3.5
    SVS.write(tmp_path / "scores.csv", scores)
    head = (tmp_path / "scores.csv").read_text().splitlines()[0]
    ratios = [f"{ratio}_{source}" for ratio in ("sir", "sar", "isr") for source in ("vocals", "accompaniment")]
    measured = ["sdr_vocals", "sdr_accompaniment", "sdr_mean", *ratios]
    assert head == ",".join(["system", "seed", "set", "song", "frames", "silent", *measured])
    again = SVS.read(tmp_path / "scores.csv")
    assert [(s.system, s.seed, s.unit, s.frames, s.silent) for s in again] == [
        (s.system, s.seed, (SET, s.utterance), 200, 3) for s in scores
    ]
    assert math.isnan(again[2].values["sdr_vocals"])
    assert again[0].values["sir_vocals"] == 3.5
    assert math.isnan(again[1].values["sir_vocals"])
    assert task_of(tmp_path / "scores.csv") is TASK


def test_medians_are_over_songs_and_their_mean_is_the_papers(scores):
    mixture, teacher, _ = medians(scores)
    assert (teacher.system, teacher.utterances, teacher.seeds, mixture.seeds) == ("teacher", 7, 2, 0)
    vocals, accompaniment = (values(scores, "teacher", f"sdr_{s}") for s in ("vocals", "accompaniment"))
    found = {column: summary.interval for column, summary in teacher.metrics.items()}
    assert found["sdr_vocals"] == median_interval(vocals, np.random.default_rng(0))
    assert found["sdr_vocals"].mean == pytest.approx(np.median(vocals))
    expected = (np.median(vocals) + np.median(accompaniment)) / 2
    assert found["sdr_mean"].mean == pytest.approx(expected)
    assert found["sdr_mean"].count == 7
    assert teacher.metrics["sdr_vocals"].seed_spread == pytest.approx(np.std([0, 0.2], ddof=1))
    assert teacher.metrics["sdr_mean"].seed_spread == pytest.approx(np.std([0, 0.2], ddof=1))
    assert math.isnan(mixture.metrics["sdr_mean"].seed_spread)


def test_the_mean_is_not_a_median_of_means():
    rows = [score("teacher", "0", f"s{n}", v, a) for n, (v, a) in enumerate([(0, 0), (1, 9), (5, 1)])]
    found = medians(rows)[0].metrics
    assert [found[metric.column].interval.mean for metric in METRICS] == [1, 1, 1]
    assert np.median([row.values["sdr_mean"] for row in rows]) == 3


def test_a_song_without_a_score_is_left_out_and_told(scores):
    for row in scores:
        if (row.system, row.song) == ("teacher", "song0"):
            row.values["sdr_vocals"] = row.values["sdr_mean"] = math.nan
    teacher = medians(scores)[1].metrics
    assert [teacher[metric.column].partial for metric in METRICS] == ["(6)", "", "(6)"]
    for row in scores:
        row.values["sdr_vocals"] = math.nan
    assert medians(scores)[1].metrics["sdr_vocals"] is None
    assert medians(scores)[1].metrics["sdr_mean"] is None


def test_the_papers_tables_are_the_papers():
    rows = TASK.read_paper(PAPER)
    tables = {name: [row for row in rows if row.table == name] for name in ("Table 1", "Table 2", "Table 3")}
    printed = {name: [row for row in of if row.sdr_vocals] for name, of in tables.items()}
    assert {name: len(of) for name, of in printed.items()} == {"Table 1": 15, "Table 2": 4, "Table 3": 9}
    for row in rows:
        if row.sdr_mean:  # rounded half a step at most
            mean = (float(row.sdr_vocals) + float(row.sdr_accompaniment)) / 2
            assert float(row.sdr_mean) == pytest.approx(mean, abs=0.0100001), row
        assert bool(row.system) == bool(row.set)
        assert row.sdr_vocals or row.note.startswith("not in the paper")
    figures = {(row.table, row.system): (row.sdr_vocals, row.sdr_accompaniment, row.sdr_mean) for row in rows}
    assert figures["Table 1", "teacher"] == figures["Table 3", "teacher"] == ("6.91", "13.66", "10.29")
    assert figures["Table 2", "student_large_25_1"] == figures["Table 3", "student_large_25_1"]
    assert figures["Table 2", "student_large_100_1"] == figures["Table 3", "student_large_100_1"]
    assert max(float(row.sdr_vocals) for row in printed["Table 1"]) == 7.06


def test_the_rows_systems_are_the_recipes():
    systems = {row.system for row in TASK.read_paper(PAPER) if row.table == "Table 1"}
    assert systems - {"teacher"} == set((RECIPE / "conf/table1.txt").read_text().split())
    others = {row.system for row in TASK.read_paper(PAPER)} - systems - {""}
    for name in sorted(each for each in others if each.startswith(("student", "control"))):
        assert (RECIPE / f"conf/student_{name.split('_')[1]}.yaml").is_file()
    assert {"mixture", "hpss", "ideal_ratio_mask"} <= others


def test_ours_stands_beside_the_papers(scores):
    rows = [row for row in TASK.read_paper(PAPER) if row.table == "Table 3"]
    table = markdown(paper_table(scores, rows))
    lines = {line.split(" | ")[0].strip("| "): line for line in table.splitlines()}
    assert lines["Teacher"].startswith("| Teacher | 6.91 | ")
    expected = np.median(values(scores, "teacher", "sdr_accompaniment"))
    assert f"| 13.66 | {expected:.2f} ± " in lines["Teacher"]
    assert lines["Student, no VAD"].count("not scored") == 3
    assert lines["MDN"] == "| MDN | 3.87 | – | 15.41 | – | 9.64 | – | – | two sources, stereo |"
    assert "| 7 | " in lines["Mixture"]
    assert paper_table([replace(row, set="other") for row in scores], rows).rows[0]["sdr_mean"] == "not scored"


def test_results_hold_all_tables(scores):
    text = TASK.results(scores, {"SDR": "as museval has it"}, TASK.read_paper(PAPER), ["mixture", "teacher"])
    assert text == TASK.results(scores, {"SDR": "as museval has it"}, TASK.read_paper(PAPER), ["mixture", "teacher"])
    titles = [line for line in text.splitlines() if line.startswith("#")]
    assert titles == [
        "# Results", "## Table 1 beside ours", "## Table 2 beside ours", "## Table 3 beside ours", f"## Set {SET}",
        "### Difference to mixture", "### Difference to teacher", "## How it was measured",
    ]  # fmt: skip
    assert "| System | Songs | Seeds | SDR vocals (dB) ↑ |" in text
    assert text.count("\n7 songs, 2 seeds.\n") == 4
    assert "| teacher | +6.10 [+6.10, +6.10] | +6.10 [+6.10, +6.10] | +6.10 [+6.10, +6.10] |" in text
    assert "| student_large_25_1 | +1.00 [+1.00, +1.00] |" in text
    assert "- a ± b: median over songs" in text
    assert "mean over utterances" not in text
    assert "- SDR: as museval has it." in text
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


def test_what_no_system_was_scored_of_is_told(scores):
    text = TASK.results([s for s in scores if s.system == "mixture"], {}, TASK.read_paper(PAPER))
    assert text.count("\nNot scored.\n") == 2  # Tables 1 and 2
    assert text.count("\n7 songs.\n") == 2


def test_musevals_further_ratios_are_a_table_of_their_own(scores):
    assert "Further scores" not in TASK.results(scores, {})
    for row in scores:
        row.values.update({metric.column: 1.0 for metric in FURTHER})
    text = TASK.results(scores, {})
    assert f"### Further scores of {SET}" in text
    assert "SIR vocals (dB) ↑" in text.split("Further scores")[1]


def test_what_is_missing_is_told(scores, tmp_path):
    with pytest.raises(AudiolabError, match="baseline 'hpss' was not scored; scored are: mixture, teacher"):
        TASK.results(scores, {}, baselines=["hpss"])
    (tmp_path / "t.tsv").write_text("table\trow\n")
    with pytest.raises(AudiolabError, match=r"t.tsv:1: the columns must be table, row, system, set, sdr_vocals"):
        TASK.read_paper(tmp_path / "t.tsv")
    assert short_note([]) == "Not scored."
    assert short_note(scores[:1]) == "1 song."
