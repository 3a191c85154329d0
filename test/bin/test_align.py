"""The commands that align and that score alignments."""

import csv
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "align"))

from noisy_speech import make_speech

from audiolab.align.model import load_model
from audiolab.bin import align, score_alignment
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError

QUICK = ["--training.first_passes", 3, "--training.passes", 1, "--training.mixtures", 1]


@pytest.fixture
def call(monkeypatch):
    def run(command, *words):
        monkeypatch.setattr(sys, "argv", [command.__name__.split(".")[-1], *map(str, words)])
        command.main()

    return run


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return make_speech(tmp_path_factory.mktemp("align") / "data", 6)


def test_a_data_dir_is_aligned_and_its_model_aligns_again(call, data, tmp_path):
    call(align, "--data", data, "--out", tmp_path / "a", *QUICK)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["ctm", "left_out", "model.npz", "utt2loglik"]
    assert load_model(tmp_path / "a/model.npz").config.training.first_passes == 3
    call(align, "--data", data, "--out", tmp_path / "b", "--model", tmp_path / "a/model.npz")
    assert (tmp_path / "a/ctm").read_bytes() == (tmp_path / "b/ctm").read_bytes()


def test_options_may_stand_in_a_yaml(call, data, tmp_path):
    (tmp_path / "align.yaml").write_text("training: {first_passes: 1, passes: 1, mixtures: 1}\nmodel: {states: 2}\n")
    call(align, "--data", data, "--out", tmp_path / "a", "--config", tmp_path / "align.yaml")
    assert load_model(tmp_path / "a/model.npz").layout.phone == 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--model", "x.npz", "--model.states", 4], "--model.states: --model is given"),
        (["--model", "x.npz", "--config", "x.yaml"], "--config: --model is given"),
        (["--model", "x.npz"], "x.npz: cannot read this aligner's model"),
        (["--model.states", 6], "states and silence_states must lie between 1 and 5"),
        (["--training.variance_floor", 0], "variance_floor"),
        (["--nj", 0], "'0' is no count"),
    ],
)
def test_options_that_cannot_be(call, data, tmp_path, words, problem):
    with pytest.raises(AudiolabError, match=problem):
        call(align, "--data", data, "--out", tmp_path / "a", *words)
    assert not (tmp_path / "a/ctm").exists()


def test_nothing_is_written_into_what_is_read(call, data, tmp_path):
    with pytest.raises(AudiolabError, match="is read"):
        call(align, "--data", data, "--out", data)
    call(align, "--data", data, "--out", tmp_path / "a", *QUICK)
    with pytest.raises(AudiolabError, match=r"model\.npz"):
        call(align, "--data", data, "--out", tmp_path / "a", "--model", tmp_path / "a/model.npz")


CTM = "u 1 0 0.1 sil\nu 1 0.1 0.1 a\nu 1 0.2 0.1 b\nu 1 0.3 0.1 sil\nv 1 0 0.1 sil\nv 1 0.1 0.1 a\nv 1 0.2 0.2 sil\n"


def test_scores_by_group(call, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("ctm").write_text(CTM)
    Path("truth").write_text(CTM.replace("v 1 0.1 0.1 a\nv 1 0.2 0.2", "v 1 0.1 0.16 a\nv 1 0.26 0.14"))
    Path("more").write_text("x 1 0 0.1 a\n")
    write_table("utt2spk", {"u": "A", "v": "B"})
    call(score_alignment, "--ctm", "ctm", "--truth", "more", "truth", "--by", "utt2spk", "--out", "scores.csv")
    rows = {row["group"]: row for row in csv.DictReader(Path("scores.csv").read_text().splitlines())}
    assert {name: (row["utterances"], row["boundaries"]) for name, row in rows.items()} == {
        "all": ("2", "5"), "A": ("1", "3"), "B": ("1", "2"),
    }  # fmt: skip
    assert float(rows["B"]["mean"]) == pytest.approx(30)
    assert float(rows["B"]["bias"]) == pytest.approx(-30)
    assert float(rows["all"]["within_50"]) == pytest.approx(80)
    assert "| all | 2 | 5 | 0.0 | 12.0 | 0.0 | 80.0 | 80.0 | 80.0 | 0 | 0 | 0 |" in capsys.readouterr().out


def test_what_one_of_both_has_alone_is_told(call, tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    Path("ctm").write_text(CTM + "w 1 0 0.1 a\n")
    Path("truth").write_text(CTM + "x 1 0 0.1 a\ny 1 0 0.1 a\n")
    call(score_alignment, "--ctm", "ctm", "--truth", "truth")
    assert caplog.messages == [
        "only in ctm: 1 utterances, such as w; left out", "only in truth: 2 utterances, such as x; left out"
    ]  # fmt: skip


def test_a_truth_of_several_sets_scores_one_of_them(call, tmp_path, monkeypatch, caplog, capsys):
    monkeypatch.chdir(tmp_path)
    Path("ctm").write_text(CTM)
    Path("one").write_text(CTM + "x 1 0 0.1 a\n")
    Path("two").write_text("y 1 0 0.1 a\nz 1 0 0.1 a\n")
    write_table("utt2lang", {"u": "de", "v": "de"})
    call(score_alignment, "--ctm", "ctm", "--truth", "one", "two", "--by", "utt2lang")
    assert "| de | 2 |" in capsys.readouterr().out
    assert not caplog.messages
    write_table("utt2lang", {"u": "de", "v": "de", "z": "pl"})  # which the aligner has left out
    call(score_alignment, "--ctm", "ctm", "--truth", "one", "two", "--by", "utt2lang")
    assert caplog.messages == ["only in the 2 files of --truth: 1 utterances, such as z; left out"]


def test_truth_in_textgrids_and_label_files(call, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("ctm").write_text(CTM)
    head = '"ooTextFile" "TextGrid" 0 0.4 <exists> 1 "IntervalTier" "phones" 0 0.4 4'
    Path("u.TextGrid").write_text(f'{head} 0 0.1 "" 0.1 0.2 "AH0" 0.2 0.3 "b" 0.3 0.4 ""')
    Path("v.lab").write_text(
        "0 1000000 x^x-pau+AH0=x\n1000000 2000000 x^pau-AH0+pau=x\n2000000 4000000 x^AH0-pau+x=x\n"
    )
    write_table("truth.scp", {"u": "u.TextGrid", "v": "v.lab"})
    write_table("map", {"AH0": "a"})
    call(score_alignment, "--ctm", "ctm", "--truth", "truth.scp", "--map", "map")
    assert "| all | 2 | 5 | 0.0 |" in capsys.readouterr().out
    with pytest.raises(AudiolabError, match=r"u\.TextGrid: no tier 'words'; give --tier, one of: phones"):
        call(score_alignment, "--ctm", "ctm", "--truth", "truth.scp", "--map", "map", "--tier", "words")
    with pytest.raises(AudiolabError, match=r"^u: phone 1 is 'a', and 'AH0' in the truth"):
        call(score_alignment, "--ctm", "ctm", "--truth", "truth.scp")


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--truth", "other"], "no utterance of it is in other"),
        (["--truth", "x.scp"], "truth.scp: u: 'u.wav' ends neither in .TextGrid nor in .lab"),
        (["--truth", "ctm", "other", "ctm"], "ctm: 'u' stands in another --truth, too"),
        (["--truth", "ctm", "--by", "spk"], "spk: no entry for 'v'"),
        (["--truth", "ctm", "--out", "ctm"], "ctm: .*(is read too|same file)"),
    ],
)
def test_what_cannot_be_scored(call, tmp_path, monkeypatch, words, problem):
    monkeypatch.chdir(tmp_path)
    Path("ctm").write_text(CTM)
    Path("other").write_text(CTM.replace("u 1", "x 1").replace("v 1", "y 1"))
    write_table("x.scp", {"u": "u.wav"})
    write_table("spk", {"u": "A"})
    with pytest.raises(AudiolabError, match=problem.replace("truth.scp", "x.scp")):
        call(score_alignment, "--ctm", "ctm", *words)
