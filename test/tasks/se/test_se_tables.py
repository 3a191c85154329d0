"""Tables of enhancement: the paper beside ours, by set, paired differences, by language over the sets of a family."""

import math
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from commands import command

from audiolab.bin import tabulate
from audiolab.errors import AudiolabError
from audiolab.metrics.bootstrap import mean_interval
from audiolab.metrics.score_tables import difference_table, system_table
from audiolab.metrics.scores import Metric
from audiolab.metrics.summary import by_unit, compare, summarise
from audiolab.metrics.table import markdown
from audiolab.tasks.se import tables
from audiolab.tasks.se.scores import FURTHER, METRICS, SE, UNKNOWN, EnhancementScore
from audiolab.tasks.se.tables import TASK, beside_paper, differences_by_language, families, short_note

PAPER = Path(__file__).parents[3] / "egs/dns/se1/local/tables.tsv"
GAINS = {"noisy": 0.0, "source": 3.0, "srst_similar": 6.0, "oracle": 5.0}


def score(system, seed, name, snr, utterance, language, gain):
    generator = np.random.default_rng(zlib.crc32(f"{utterance} {snr}".encode()))
    si_sdr = snr + gain + generator.normal()  # what an utterance adds is the same for all systems
    values = {"pesq": 1.2 + gain / 10, "stoi": 0.6 + gain / 100, "si_sdr": si_sdr}
    return EnhancementScore(system, seed, name, f"{snr:g}", language, f"spk-{utterance}", utterance, values)


@pytest.fixture
def scores():
    sets = {"target_test_m5dB": -5, "target_test_0dB": 0, "target_test_5dB": 5, "english_test_0dB": 0}
    found = []
    for name, snr in sets.items():
        for n in range(6):
            language = "en" if name.startswith("english") else ("de", "zh")[n % 2]
            for system, gain in GAINS.items():
                extra = 1.0 if language == "zh" and system == "srst_similar" else 0.0
                for seed in ["-"] if system == "noisy" else ["0", "1"]:
                    rise = 0.2 * (seed == "1")
                    found.append(score(system, seed, name, snr, f"{name[0]}-{n}", language, gain + extra + rise))
    return found


def test_scores_survive_a_file(scores, tmp_path):
    scores[3].values["pesq"] = math.nan
    SE.write(tmp_path / "scores.csv", scores)
    head = (tmp_path / "scores.csv").read_text().splitlines()[0]
    judged = "dnsmos_ovrl,dnsmos_sig,dnsmos_bak,dnsmos_p808,wer,cer"
    assert head == f"system,seed,set,snr,language,speaker,utterance,pesq,stoi,si_sdr,estoi,si_sdr_i,{judged}"
    again = SE.read(tmp_path / "scores.csv")
    assert [(s.system, s.seed, s.unit, s.snr, s.language, s.speaker) for s in again] == [
        (s.system, s.seed, s.unit, s.snr, s.language, s.speaker) for s in scores
    ]
    assert math.isnan(again[3].values["pesq"])
    own = {metric.column: again[5].values[metric.column] for metric in METRICS}
    assert own == pytest.approx(scores[5].values, rel=1e-5)
    assert all(math.isnan(again[5].values[metric.column]) for metric in FURTHER)


def test_who_is_not_known_is_drawn_by_the_utterance(scores):
    of_set = [s for s in scores if s.set == "target_test_0dB" and s.system == "source"]
    unknown = [replace(s, speaker=UNKNOWN, language=UNKNOWN) for s in of_set]
    assert {s.cluster for s in unknown} == {("target_test_0dB", f"t-{n}") for n in range(6)}
    assert summarise(unknown, METRICS)[0].metrics == summarise(of_set, METRICS)[0].metrics
    assert short_note(unknown) == "6 utterances, 2 seeds."


def test_the_papers_tables_are_the_papers():
    rows = TASK.read_paper(PAPER)
    first = [row for row in rows if row.table == "Table 1"]
    ours = [row for row in first if row.system == "source_bn"]  # not in the paper, and behind the source model
    assert [first[first.index(row) - 1].system for row in ours] == ["source"] * 3
    assert {(row.pesq, row.stoi, row.si_sdr) for row in ours} == {("", "", "")}
    assert len(first) == 8 * 3 + len(ours)
    assert [part.count("dB") for part in dict.fromkeys(row.part for row in first)] == [1, 1, 1]
    similar = [(row.pesq, row.stoi, row.si_sdr) for row in first if row.system == "srst_similar"]
    assert similar == [("1.616", "0.775", "9.248"), ("1.861", "0.837", "13.260"), ("2.317", "0.917", "15.336")]
    at_zero = {row.system: row for row in first if row.set == "target_test_0dB"}
    for row in rows:  # Table 2's non-English part repeats Table 1
        if row.part == "DNS non-English" and not row.minus:
            same = at_zero[row.system]
            assert (row.pesq, row.stoi, row.si_sdr) == (same.pesq, same.stoi, same.si_sdr)
    gap = next(row for row in rows if row.part == "DNS non-English" and row.minus)
    for column in ("pesq", "stoi", "si_sdr"):
        difference = float(getattr(at_zero["oracle"], column)) - float(getattr(at_zero["source"], column))
        assert float(getattr(gap, column)) == pytest.approx(difference, abs=1e-9)


def test_ours_stands_beside_the_papers(scores):
    found = {(row.paper.part, row.paper.row): row for row in beside_paper(scores, TASK.read_paper(PAPER))}
    noisy = found["SNR −5 dB", "Noisy"].ours
    of_set = [s.values["si_sdr"] for s in scores if s.system == "noisy" and s.set == "target_test_m5dB"]
    assert noisy["si_sdr"].interval.mean == pytest.approx(np.mean(of_set))
    assert found["SNR −5 dB", "Noisy"].utterances == 6
    assert found["SNR −5 dB", "Source model"].ours["si_sdr"].seed_spread == pytest.approx(np.std([0, 0.2], ddof=1))
    gap = found["DNS non-English", "Gap"].ours
    assert gap["si_sdr"].mean == pytest.approx(2.0)
    assert gap["si_sdr"].high - gap["si_sdr"].low < 1e-9  # what the utterances add falls out
    assert found["SNR 0 dB", "RemixIT"].ours["pesq"] is None
    assert found["DNS English", "Noisy"].utterances == 0


def test_results_hold_all_tables(scores):
    scores = [s for s in scores if not (s.system == "oracle" and s.unit == ("target_test_m5dB", "t-0"))]
    text = TASK.results(scores, {"PESQ": "wide band"}, TASK.read_paper(PAPER), ["source"])
    assert text == TASK.results(scores, {"PESQ": "wide band"}, TASK.read_paper(PAPER), ["source"])
    titles = [line for line in text.splitlines() if line.startswith("#")]
    family = "target_test_m5dB, target_test_0dB, target_test_5dB"
    assert titles == [
        "# Results",
        "## Table 1 beside ours", "### SNR −5 dB", "### SNR 0 dB", "### SNR 5 dB",
        "## Table 2 beside ours", "### DNS English", "### English, SNR 0 dB", "### DNS non-English",
        "## Set target_test_m5dB", "### Difference to source", "## Set target_test_0dB", "### Difference to source",
        "## Set target_test_5dB", "### Difference to source", "## Set english_test_0dB", "### Difference to source",
        f"## Difference to source by language: PESQ ↑, {family}",
        f"## Difference to source by language: STOI ↑, {family}",
        f"## Difference to source by language: SI-SDR (dB) ↑, {family}",
        "## How it was measured",
    ]  # fmt: skip
    row = next(line for line in text.splitlines() if line.startswith("| DANN + SRST (similar source)"))
    assert row.startswith("| DANN + SRST (similar source) | 1.616 | 1.860 ± ")
    assert "| 9.248 | " in row
    assert "| RemixIT | 1.364 | not scored |" in text
    assert "| DANN | 1.597 | not scored | 0.772 | not scored | 8.762 | not scored | – |\n" in text
    notes = [text.index("\n- DANN: the paper's [11]"), text.index("\n- Gap (English, SNR 0 dB; DNS non-English): our ")]
    assert text.index("### SNR 5 dB") < notes[0] < text.index("## Table 2") < notes[1] < text.index("## Set ")
    assert text.count("the paper's [11]") == 1
    target = next(line for line in text.splitlines() if line.startswith("| Target model"))
    assert "| 5 |" in target  # one utterance less than the others
    assert "| Gap | 0.457 | +0.200 [+0.200, +0.200] |" in text
    assert "\n6 utterances, 6 speakers, 2 languages, 2 seeds.\n" in text
    assert "- PESQ: wide band." in text
    assert "- A bootstrap draws speakers, with all their utterances" in text
    for block in text.split("\n\n"):
        if block.startswith("|"):
            assert len({line.count("|") for line in block.splitlines()}) == 1


def test_differences_by_language_are_paired_and_over_utterances(scores):
    family = families(scores)
    assert [len(rows) for rows in family.values()] == [3 * 6 * 7, 6 * 7]
    target = next(iter(family.values()))
    missing = [s for s in target if s.system == "srst_similar" and s.unit == ("target_test_5dB", "t-1")]
    for row in missing:  # refused at one SNR: the others of that utterance still count, against their own baseline
        row.values["si_sdr"] = math.nan
    found = differences_by_language(target, "source", "si_sdr")
    assert list(found) == ["de", "zh"]
    assert found["de"]["srst_similar"].mean == pytest.approx(3)
    assert found["zh"]["srst_similar"].mean == pytest.approx(4)
    assert found["zh"]["srst_similar"].count == 3  # utterances, not utterances times SNRs
    assert found["zh"]["noisy"].mean == pytest.approx(-3.1)
    assert "source" not in found["zh"]


def test_a_bootstrap_draws_speakers(scores):
    """The six utterances of a set made those of five speakers: one speaker's two count together, whatever they are."""
    of_set = [s for s in scores if s.set == "target_test_0dB" and s.system in ("noisy", "source")]
    alone = compare(of_set, "noisy", "si_sdr")["source"]
    joined = [replace(s, speaker="spk-t-0") if s.utterance == "t-1" else s for s in of_set]
    few = [replace(s, speaker="spk-t-0") if s.utterance in ("t-1", "t-2") else s for s in of_set]
    own = by_unit([s for s in joined if s.system == "source"], "si_sdr")
    found = summarise([s for s in joined if s.system == "source"], METRICS)[0].metrics["si_sdr"].interval
    clusters = ["a", "a", "c", "d", "e", "f"]
    assert found == mean_interval(np.array(list(own.values())), np.random.default_rng(0), clusters)
    assert (found.mean, found.count) == (pytest.approx(np.mean(list(own.values()))), 6)
    assert (alone.mean, alone.low) == pytest.approx((3.1, 3.1))
    assert math.isnan(compare(few, "noisy", "si_sdr")["source"].low)
    assert "| source | +3.10 [–] |" in markdown(difference_table(few, METRICS[2:], "noisy"))
    assert "± – |" in markdown(system_table(summarise(few, METRICS), METRICS))


def test_what_is_missing_is_told(scores, tmp_path, monkeypatch):
    with pytest.raises(AudiolabError, match="baseline 'dann' was not scored; scored are: noisy, source"):
        TASK.results(scores, {}, baselines=["dann"])
    (tmp_path / "t.tsv").write_text("table\trow\n")
    with pytest.raises(AudiolabError, match=r"t.tsv:1: the columns must be table, part, row"):
        TASK.read_paper(tmp_path / "t.tsv")
    SE.write(tmp_path / "scores.csv", scores)
    options = {"scores": tmp_path / "scores.csv", "out": tmp_path / "R.md"}
    (tmp_path / "scores.yaml").write_text("failures: []\n")
    with pytest.raises(AudiolabError, match=r"scores.yaml: does not say under 'conditions'"):
        command(monkeypatch, tabulate, **options)
    (tmp_path / "scores.yaml").write_text(yaml.safe_dump({"conditions": {"PESQ": "wb"}}))
    command(monkeypatch, tabulate, **options, paper=PAPER, baseline=["source", "noisy"])
    assert "### Difference to noisy" in (tmp_path / "R.md").read_text()
    assert {metric.name for metric in METRICS} == {"PESQ", "STOI", "SI-SDR"}


def test_a_score_that_the_paper_has_not_is_in_the_sets_tables_alone(scores, monkeypatch):
    """As those of further judges are: no column beside the paper's, no table by language, one in each set."""
    for row in scores:
        row.values["other"] = 1.0
    more = (*FURTHER, Metric("other", "Other judge", "", 2, "higher"))
    monkeypatch.setattr(tables, "FURTHER", more)
    text = TASK.results(scores, {}, TASK.read_paper(PAPER), ["noisy", "source"])
    assert text.count("Other judge") == 4 * 3  # of four sets: the means, two differences
    assert "Difference to noisy by language: SI-SDR" in text
