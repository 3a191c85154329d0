"""Scores to tables: round trip, averaging over seeds and utterances, the paper's rows beside ours."""

import math

import numpy as np
import pytest

from audiolab.errors import AudiolabError
from audiolab.metrics.score_tables import difference_table, system_parts
from audiolab.metrics.summary import compare, summarise, summarise_by
from audiolab.metrics.table import Column, Table, markdown
from audiolab.tasks.vc.scores import METRICS, VC, ConversionScore
from audiolab.tasks.vc.tables import TASK, leaders

PAPER = """row\tconfig\tsimilarity\tsim_ci\tnaturalness\tnat_ci\tnote
+SoftGAN\tsoft\t3.40\t0.40\t3.02\t0.35\tsmall generator
-SoftGAN\thard\t\t\t\t\tleft out of the test
"""


def score(system, seed, source, utterance, mcd, **values):
    defaults = dict.fromkeys((m.column for m in METRICS), 0.5)
    return ConversionScore(system, str(seed), source, "T", utterance, defaults | {"mcd_db": mcd} | values, 0.41, 24)


@pytest.fixture
def scores():
    return [
        score("soft", seed, source, f"T-{source}_{n}", 7 + n + seed / 10 + (source == "S2"), dependence=math.nan)
        for seed in (0, 2)
        for source in ("S1", "S2")
        for n in range(4)
    ] + [score("none", 0, source, f"T-{source}_{n}", 8.5 + n) for source in ("S1", "S2") for n in range(4)]


def test_scores_survive_a_file(scores, tmp_path):
    VC.write(tmp_path / "scores.csv", scores)
    again = VC.read(tmp_path / "scores.csv")
    assert [(s.system, s.seed, s.utterance, s.alpha, s.order) for s in again] == [
        (s.system, s.seed, s.utterance, s.alpha, s.order) for s in scores
    ]
    assert again[1].values["mcd_db"] == pytest.approx(scores[1].values["mcd_db"])
    assert math.isnan(again[0].values["dependence"])


def test_seeds_are_averaged_before_the_bootstrap_and_their_spread_is_given(scores):
    soft, none = summarise(scores, METRICS)
    assert (soft.groups, soft.seeds, soft.utterances) == (2, 2, 8)
    mcd = soft.metrics["mcd_db"]
    assert mcd.interval.mean == pytest.approx(7 + 1.5 + 0.1 + 0.5)
    assert mcd.interval.count == 8
    assert mcd.seed_spread == pytest.approx(np.std([0.0, 0.2], ddof=1))
    assert mcd.interval.low < mcd.interval.mean < mcd.interval.high
    assert soft.metrics["dependence"] is None
    assert math.isnan(none.metrics["mcd_db"].seed_spread)


def test_differences_are_paired(scores):
    difference = compare(scores, "none", "mcd_db")["soft"]
    assert difference.mean == pytest.approx(-1.5 + 0.1 + 0.5)
    assert difference.count == 8
    # The pairs differ by -1.4 or -0.4 only, though the utterances themselves are 3 dB apart.
    assert difference.low >= -1.4
    assert difference.high <= -0.4
    assert compare(scores, "none", "dependence") == {"soft": None}
    with pytest.raises(AudiolabError, match="'mean_shift' was not scored; scored are: soft, none"):
        compare(scores, "mean_shift", "mcd_db")


def test_spread_over_seeds_is_over_what_all_seeds_have():
    """Seed 1 lacks the hard utterance; that makes it no better seed."""
    scores = [score("x", 0, "S", "easy", 5.0), score("x", 0, "S", "hard", 9.0), score("x", 1, "S", "easy", 5.2)]
    found = summarise(scores, METRICS)[0].metrics["mcd_db"]
    assert found.seed_spread == pytest.approx(np.std([5.0, 5.2], ddof=1))
    apart = [score("x", 0, "S", "easy", 5.0), score("x", 1, "S", "hard", 9.0)]
    assert math.isnan(summarise(apart, METRICS)[0].metrics["mcd_db"].seed_spread)


def test_columns_say_what_stands_in_them(scores):
    untrained = [score("plain", "-", "S1", f"T-S1_{n}", 9.0, dependence=math.nan if n else 0.5) for n in range(4)]
    text = TASK.results([*scores, *untrained], {}, baselines=["none"])
    systems, differences = text.split("\n## ")[1:3]
    assert "Variance ratio →1" in systems
    assert "| Variance ratio |" in differences  # a difference is not best near 1
    assert "MCD (dB) ↓" in differences
    plain = next(line for line in systems.splitlines() if line.startswith("| plain"))
    assert plain.startswith("| plain | 1 | 4 | – |")
    assert "0.50 ± – (1)" in plain


def test_pairs(scores):
    pairs = summarise_by(scores, lambda s: s.pair, "mcd_db")
    assert pairs["S2", "T"]["soft"].mean - pairs["S1", "T"]["soft"].mean == pytest.approx(1)
    assert pairs["S1", "T"]["none"].count == 4


def test_results_hold_the_conditions_the_paper_and_ours(scores, tmp_path):
    (tmp_path / "table1.tsv").write_text(PAPER)
    text = TASK.results(scores, {"Alignment": "exact DTW"}, TASK.read_paper(tmp_path / "table1.tsv"), ["none"])
    assert text == TASK.results(scores, {"Alignment": "exact DTW"}, TASK.read_paper(tmp_path / "table1.tsv"), ["none"])
    tables = text.split("\n## ")
    assert [table.splitlines()[0] for table in tables[1:]] == [
        "Systems",
        "Difference to none",
        "MCD by pair",
        "Posterior of the target by pair",
        "The paper's table beside ours",
        "How it was measured",
    ]
    assert tables[0] == "# Results\n\n8 utterances, 2 pairs, 2 seeds; mel-cepstra 1 to 24 with α = 0.41; exact DTW.\n"
    assert text.count("mel-cepstra 1 to 24") == 1
    soft, hard = (line for line in tables[-2].splitlines() if line.startswith(("| +SoftGAN", "| -SoftGAN")))
    assert tables[-2].endswith("\n\n- +SoftGAN: small generator.\n- -SoftGAN: left out of the test.\n")
    assert "3.40 ± 0.40 | 3.02 ± 0.35 | 9.10 ±" in soft
    assert ", s 0.14 |" in soft
    assert "| – | – | not scored |" in hard
    assert "MOS similarity (paper)" in tables[-2]
    widths = {line.count("|") for line in tables[1].splitlines() if line.startswith("|")}
    assert len(widths) == 1


def test_leaders_are_counted_by_pair_and_a_baselines_pairs_named():
    means = {"soft": (7.0, 8.0, 6.0), "shift": (7.5, 7.6, 6.004), "scale": (9.0, 7.7, 7.0), "natural": (1.0, 1.0, 1.0)}
    scores = [
        score(system, "0" if system == "soft" else "-", f"S{n}", f"T-S{n}_1", mcd, posterior_target=1 / mcd)
        for system, of_pairs in means.items()
        for n, mcd in enumerate(of_pairs)
    ]
    mcd, posterior = (next(m for m in METRICS if m.column == column) for column in ("mcd_db", "posterior_target"))
    # 6.00 and 6.004 are one number as they are shown; natural speech is no contender
    assert leaders(scores, mcd) == "Best of 3 pairs: soft in 2, shift in 2 (S1 → T, S2 → T)."
    assert leaders(scores, posterior) == "Best of 3 pairs: soft in 2, shift in 2 (S1 → T, S2 → T)."


def test_many_scores_are_several_tables_and_what_was_not_measured_is_named(scores):
    for row in scores:
        row.values["logf0_rmse"] = math.nan
    summaries = summarise(scores, METRICS)
    text, missing = system_parts(summaries, METRICS, groups="Pairs")
    tables = text.split("\n\n")
    assert missing == "Not measured: ln F0 RMSE."
    shown = [cell for table in tables for cell in table.splitlines()[0].strip("| ").split(" | ")[4:]]
    assert shown == [Column.of(m).heading for m in METRICS if m.column != "logf0_rmse"]
    assert all(len(table.splitlines()[0].split(" | ")) <= 4 + 6 for table in tables)
    differences = markdown(difference_table(scores, METRICS, "none")).split("\n\n")
    assert [len(table.splitlines()[0].split(" | ")) - 1 for table in differences] == [4, 5]
    assert "ln F0" not in differences[0] + differences[1]


@pytest.mark.parametrize(("count", "widths"), [(0, []), (1, [1]), (6, [6]), (7, [4, 3]), (13, [4, 5, 4])])
def test_tables_are_about_as_wide_as_each_other(count, widths):
    parts = [part.columns for part in Table(["name", *range(count)], [], about=1).parts(6)]
    assert [value for name, *part in parts for value in part] == list(range(count))
    assert {name for name, *_ in parts} <= {"name"}
    assert sorted(len(part) - 1 for part in parts) == sorted(widths)


def test_notes_stand_above_the_tables(scores):
    text = TASK.results(scores, {}, notes=["Test sentences.", "Commit abc."])
    assert text.startswith("# Results\n\nTest sentences.\n\nCommit abc.\n\n8 utterances, ")


def test_cells_cannot_break_a_table():
    table = Table([Column("a", "A"), Column("b", "B")], [{"a": "x|y\n z", "b": 1}])
    assert markdown(table).splitlines()[-1] == "| x\\|y z | 1 |"


def test_mixed_conditions_are_refused(scores):
    other = ConversionScore("x", "0", "S1", "T", "u", scores[0].values, 0.42, 24)
    with pytest.raises(AudiolabError, match="mix mel-cepstra"):
        TASK.results([*scores, other], {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "columns are not those"),
        ("a,b\n", "columns are not those"),
        ("HEAD\n", "no utterance was scored"),
        ("HEAD\n1,2\n", "scores.csv:2: 2 columns"),
        ("HEAD\n" + "x," * 34 + "x\n", "scores.csv:2: could not convert"),
    ],
)
def test_broken_scores_are_named(text, says, scores, tmp_path):
    path = tmp_path / "scores.csv"
    VC.write(path, scores)
    head = path.read_text().splitlines()[0]
    path.write_text(text.replace("HEAD", head))
    with pytest.raises(AudiolabError, match=says):
        VC.read(path)


def test_broken_paper_table_is_named(tmp_path):
    path = tmp_path / "table1.tsv"
    path.write_text(PAPER + "one\ttwo\n")
    with pytest.raises(AudiolabError, match=r"table1.tsv:4"):
        TASK.read_paper(path)
    with pytest.raises(AudiolabError, match="No such file"):
        TASK.read_paper(tmp_path / "none.tsv")
