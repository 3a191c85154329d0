import dataclasses
import logging
import math
import re
import shutil
import sys
from collections import Counter

import numpy as np
import pytest
import soundfile
from scored_list import PAIRS, list_scored, made

from audiolab.bin import report
from audiolab.errors import AudiolabError
from audiolab.tasks.vc.scores import VC


@pytest.fixture
def command(experiment, monkeypatch, tmp_path):
    """Return a function that runs the command and gives the page."""

    def run(*more, expdir=experiment / "exp" / "demo"):
        arguments = {
            "expdir": expdir,
            "data": experiment / "data" / "eval",
            "reference": experiment / "data" / "ref",
            "scores": experiment / "exp" / "demo" / "scores.csv",
            "out": tmp_path / "report.html",
        }
        given = [str(word) for name, value in arguments.items() for word in (f"--{name}", value)]
        monkeypatch.setattr(sys, "argv", ["report", "vc", *given, *map(str, more)])
        report.main()
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    return run


def test_the_page_is_sound_escaped_and_the_same_again(command, check, experiment):
    page = command("--title", "Run <1> & more", "--corpus", "a <corpus>")
    found = check(page)
    assert found.problems == []
    assert not found.all("script")
    assert not found.all("b")  # the texts of utterances have <b> in them
    assert "<script>alert('x')<" in found.text
    assert "Run <1> & more" in found.text
    assert "a <corpus>" in found.text
    assert {given["to"] for given in found.all("anchor")} <= set(found.ids)
    for words in ("Overview", "Scores", "Listen", "Spectrograms", "Training", "Configuration", "Files", "rho_gen: 0.1"):
        assert words in found.text
    assert len(found.all("audio")) == 2 * 4 * 3
    assert str(experiment) not in "".join(given["href"] for given in found.all("a") if given["href"] != "#")
    assert command("--title", "Run <1> & more", "--corpus", "a <corpus>") == page


def test_scores_say_over_how_much_they_were_taken(command, check, experiment, monkeypatch, tmp_path):
    """Utterances, pairs and seeds of all scored runs, not only of those that are shown in detail."""
    scores = VC.read(experiment / "exp" / "demo" / "scores.csv")
    scores += [dataclasses.replace(score, seed="2") for score in scores]
    for score in scores[::3]:
        score.values["logf0_rmse"] = math.nan
    VC.write(tmp_path / "scores.csv", scores)
    shutil.copy(experiment / "exp" / "demo" / "scores.yaml", tmp_path)
    page = command("--runs", "softgan/B-Y", "--scores", tmp_path / "scores.csv")
    assert '<td class="number">2</td><td class="number">6</td><td class="number">2</td>' in page.replace("\n", "")
    assert '<span class="interval">(4)</span>' in page
    assert "<dt>Seeds</dt><dd>2 seeds (1, 2)</dd>" in page
    assert "<dt>Seeds</dt><dd>1 seed (1)</dd>" in command()


PAPER = """row\tconfig\tsimilarity\tsim_ci\tnaturalness\tnat_ci\tnote
+SoftGAN <i>\tsoftgan\t3.40\t0.40\t3.02\t\tsmall & quick
-SoftGAN\thard\t\t\t\t\t
"""


def test_the_papers_table_stands_beside_ours(command, check, experiment, tmp_path):
    """The paper's figures as printed, our means of the same system, and what was not scored named as such."""
    (tmp_path / "table1.tsv").write_text(PAPER)
    page = command("--paper", tmp_path / "table1.tsv")
    found = check(page)
    assert found.problems == []
    assert not found.all("i")
    section = page[page.index('<section id="the-paper-s-table-beside-ours"') : page.index('<section id="listen"')]
    soft, hard = re.findall(r"<tr>(<th scope=.row.*?)</tr>", section)
    ours = np.mean([score.values["mcd_db"] for score in VC.read(experiment / "exp" / "demo" / "scores.csv")])
    cells = re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", soft)
    assert cells[0] == "+SoftGAN &lt;i&gt;<small>softgan</small>"
    cells = [re.sub("<[^>]*>", "", cell) for cell in cells]
    assert cells[1:3] == ["3.40 ± 0.40", "3.02 ± –"]
    assert cells[3].startswith(f"{ours:.2f} ±")
    assert "<li>+SoftGAN &lt;i&gt;: small &amp; quick.</li>" in section
    assert section.count("<li>") == 1  # the other row has no note
    assert ">-SoftGAN<small>hard</small></th>" in hard
    assert set(re.findall(r"<td[^>]*>(.*?)</td>", hard)) == {"–", "not scored"}
    assert page.count("; mel-cepstra 1 to ") == 1  # once on the page
    assert "beside ours" not in command()


def test_players_hold_the_recordings(command, check, decoded, experiment):
    audios = check(command("--runs", "softgan/B-Y", "--utterances", 1, "--seconds", 0.3)).all("audio")
    by_role = {given["aria-label"].split(",")[0]: decoded(given["src"]) for given in audios}
    assert list(by_role) == ["Source", "Converted", "Target"]
    paths = {
        "Source": experiment / "wav" / "eval4.wav",
        "Converted": experiment / "exp" / "demo" / "softgan" / "B-Y" / "last" / "eval" / "wav" / "0.wav",
        "Target": experiment / "wav" / "ref4.wav",
    }
    for role, path in paths.items():
        wave, rate = soundfile.read(path, dtype="float32")
        np.testing.assert_allclose(by_role[role][0], wave[: round(0.3 * rate)], atol=2**-15)
        assert by_role[role][1] == rate


def test_players_are_left_out_to_keep_the_size(command, check, caplog):
    whole = command()
    limit = (len(whole.encode()) - 60_000) / 1e6
    with caplog.at_level(logging.WARNING):
        small = command("--max_mb", limit)
    assert len(small.encode()) <= limit * 1e6
    assert 0 < len(check(small).all("audio")) < len(check(whole).all("audio"))
    assert "left out" in caplog.text


def test_what_no_run_made_is_played_beside_its_pair_and_seed(command, check, experiment, tmp_path):
    demo = experiment / "exp" / "demo"
    dirs = [made(demo, *ends) for ends in PAIRS]
    others = [tmp_path / name / "eval" for name in ("shift", "moved", "late")]
    for folder in others:
        shutil.copytree(dirs[0], folder)
    rows = [("softgan", "1", *ends, folder) for ends, folder in zip(PAIRS, dirs)]
    rows += [(f"{folder.parent.name}", seed, *"AX", folder) for folder, seed in zip(others, "-12")]
    list_scored(tmp_path, *rows, ("natural", "-", *"AX", "-"))
    audios = check(command("--scored", tmp_path / "scored.tsv")).all("audio")
    heard = [given["aria-label"].split(",")[0] for given in audios]
    assert Counter(heard) == {"Source": 8, "Converted": 8, "Target": 8, "shift": 4, "moved": 4}
    start = heard.index("shift") - 1
    assert heard[start : start + 5] == ["Source", "shift", "Converted", "moved", "Target"]


def test_what_was_not_scored_is_not_shown(command, experiment, tmp_path):
    """Conversions of another config or of other sentences, and runs of a pair that was left out, broken ones too."""
    exp = tmp_path / "exp"
    shutil.copytree(experiment / "exp" / "demo", exp)
    list_scored(exp, *(("softgan", "1", *ends, made(exp, *ends)) for ends in PAIRS))
    page = command(expdir=exp)
    shutil.copytree(made(exp, *"AX"), exp / "softgan" / "A-X" / "earlier" / "eval")
    (exp / "softgan" / "A-X" / "earlier" / "eval" / "utt2source").write_text("X-A_1 A_99\n")
    shutil.copytree(exp / "softgan" / "A-X", exp / "softgan" / "A-Y")
    (exp / "softgan" / "A-Y" / "history.csv").unlink()
    assert command(expdir=exp) == page
    list_scored(exp, ("softgan", "1", *"BY", made(exp, *"BY")))
    page = command(expdir=exp)
    assert "softgan/B-Y" in page
    assert "softgan/A-X" not in page
    assert "<dt>Training runs</dt><dd>1</dd>" in page
    list_scored(exp, ("mean_shift", "-", *"BY", "elsewhere"))
    with pytest.raises(AudiolabError, match="lists nothing that one of these runs made: softgan/A-X, softgan/A-Y, "):
        command(expdir=exp)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--runs", "softgan/A-Z"], "no run 'softgan/A-Z'; did you mean 'softgan/A-X'"),
        (["--scored", "nowhere.tsv"], "nowhere.tsv: cannot read the list of runs"),
        (["--max_megabytes", "1"], "unknown argument '--max_megabytes'"),
    ],
)
def test_wrong_options_are_one_line(command, more, message):
    with pytest.raises(AudiolabError, match=message) as raised:
        command(*more)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("history.csv", "step,name\n", r"history.csv:1: the columns"),
        ("history.csv", "step,epoch,split,name,value\n1,0,train,x,high\n", r"history.csv:2: not a line"),
        ("run.json", "{}", "does not say 'versions'"),
        ("run.json", "{", "not valid JSON"),
        ("last/eval/utt2source", "X-A_1 C_1\n", "not in both|which is not in"),
    ],
)
def test_broken_runs_are_named(command, experiment, tmp_path, name, text, message):
    shutil.copytree(experiment / "exp" / "demo" / "softgan" / "A-X", tmp_path / "exp" / "softgan" / "A-X")
    list_scored(tmp_path / "exp", ("softgan", "1", *"AX", made(tmp_path / "exp", *"AX")))
    (tmp_path / "exp" / "softgan" / "A-X" / name).write_text(text)
    with pytest.raises(AudiolabError, match=message):
        command(expdir=tmp_path / "exp")


def test_differences_to_a_baseline_are_on_the_page(command, check, experiment, tmp_path):
    scores = VC.read(experiment / "exp" / "demo" / "scores.csv")
    plain = [
        dataclasses.replace(s, system="mean_variance", seed="-", values=s.values | {"mcd_db": s.values["mcd_db"] - 0.5})
        for s in scores
    ]
    VC.write(tmp_path / "scores.csv", [*scores, *plain])
    shutil.copy(experiment / "exp" / "demo" / "scores.yaml", tmp_path)
    found = check(command("--scores", tmp_path / "scores.csv", "--baseline", "mean_variance"))
    assert found.problems == []
    assert "Difference to mean_variance" in found.text
    assert "+0.50" in found.text
    assert "Best of 2 pairs: mean_variance in 2 (A → X, B → Y)." in found.text
    with pytest.raises(AudiolabError, match="baseline 'mean_shift' was not scored"):
        command("--baseline", "mean_shift")
