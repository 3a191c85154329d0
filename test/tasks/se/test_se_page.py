"""The page of speech enhancement: whole, escaped, its players the recordings, its figures those of the scores."""

import logging
import math
import sys

import numpy as np
import pytest
import soundfile
from enhancer_folder import make_run
from mixture_folder import RATE, harmonic, make_sounds

from audiolab.bin import report
from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import MixtureDir, MixtureSettings
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError
from audiolab.report import plots
from audiolab.tasks.se.scores import SE, EnhancementScore

SETS = {"target_test_m5dB": -5.0, "target_test_5dB": 5.0}
GAINS = {"noisy": 0.0, "source": 3.0, "srst_similar": 6.0}
PAPER = """table\tpart\trow\tsystem\tminus\tset\tpesq\tstoi\tsi_sdr\tnote
Table 1\tSNR −5 dB\tNoisy\tnoisy\t\ttarget_test_m5dB\t1.126\t0.648\t-4.867\ta <b>note</b>
Table 1\tSNR −5 dB\tDANN\tdann\t\ttarget_test_m5dB\t1.597\t0.772\t8.762\t
Table 1\tSNR 5 dB\tNoisy\tnoisy\t\ttarget_test_5dB\t1.299\t0.823\t4.969\ta <b>note</b>
Table 1\tSNR 5 dB\tDANN\tdann\t\ttarget_test_5dB\t2.301\t0.915\t14.951\tanother
Table 2\tDNS\tGap\tsrst_similar\tsource\ttarget_test_5dB\t0.457\t0.065\t4.936\t
"""


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """Return a folder with data/<set>, exp/<run>, exp/scored.tsv, exp/scores.csv and tables of decisions."""
    root, generator = tmp_path_factory.mktemp("experiment"), np.random.default_rng(0)
    languages = {"a0-x": "de", "a1-x": "de", "b0-x": "f<r>"}
    waves = {name: harmonic(generator, 100 + 20 * n, 0.7) for n, name in enumerate(languages)}
    make_sounds(root / "speech", waves, languages)
    make_sounds(root / "noise", {"n-a": 0.1 * generator.standard_normal(RATE)})
    rows, scores = ["system\tseed\tset\tdir"], []
    for name, snr in SETS.items():
        make_mixtures(
            MixtureSettings(str(root / "speech"), str(root / "noise"), 6, seconds=[0.4, 0.6], snr=[snr, snr]),
            root / "data" / name,
        )
        about = DataDir(root / "data" / name)
        for system, gain in GAINS.items():
            for seed in ["-"] if system == "noisy" else ["0", "1"]:
                if system != "noisy":
                    folder = root / "exp" / f"{system}_s{seed}" / "enhanced" / name
                    rows.append(f"{system}\t{seed}\t{name}\t{folder}")
                    _enhanced(MixtureDir(root / "data" / name), folder, 1 / gain)
                for number, (utterance, language) in enumerate(about.table("utt2lang").items()):
                    values = {"pesq": 1 + gain / 10, "stoi": 0.7, "si_sdr": snr + gain + 0.1 * number}
                    scores.append(
                        EnhancementScore(system, seed, name, f"{snr:g}", language, f"s{number}", utterance, values)
                    )
    for run in ("source_s0", "dann_classifier_s0"):
        _run(root / "exp" / run, "se_domain_classifier" if "classifier" in run else "se_supervised")
    (root / "exp" / "scored.tsv").write_text("\n".join(rows) + "\n")
    SE.write(root / "exp" / "scores.csv", scores)
    (root / "exp" / "scores.yaml").write_text("conditions: {PESQ: wide <band>}\n")
    (root / "tables.tsv").write_text(PAPER)
    for domain, low in (("source", 0.0), ("target", 0.5)):
        lines = (f"u{n:03d} {low + n / 400}\n" for n in range(200))
        (root / f"{domain}.txt").write_text("".join(lines))
    return root


def _enhanced(mixtures, folder, share):
    folder.mkdir(parents=True)
    paths = {name: folder / f"{name}.wav" for name in mixtures.ids}
    for index, path in enumerate(paths.values()):
        speech, noise = mixtures.parts(index)
        soundfile.write(path, speech + share * noise, RATE)
    write_data_dir(folder, {"wav.scp": paths, "utt2spk": {name: name.split("-")[0] for name in paths}})


def _run(folder, system):
    made = folder.with_name(f"{folder.name}.made")
    make_run(made, system)
    folder.mkdir(exist_ok=True)
    for path in made.iterdir():
        path.rename(folder / path.name)
    made.rmdir()
    values = ["domain_accuracy", "source_recognised"] if "classifier" in system else ["enhancer_loss", "source_si_sdr"]
    lines = [f"{step},0,{split},{name},{1 / step}" for split, name in zip(("train", "valid"), values)
             for step in (10, 20, 30)]  # fmt: skip
    (folder / "history.csv").write_text("\n".join(["step,epoch,split,name,value", *lines]) + "\n")


@pytest.fixture
def command(experiment, monkeypatch, tmp_path):
    """Return a function that runs the command and gives the page."""

    def run(*more):
        exp = experiment / "exp"
        paths = {"expdir": exp, "data": experiment / "data", "scores": exp / "scores.csv"}
        given = [str(word) for name, value in paths.items() for word in (f"--{name}", value)]
        monkeypatch.setattr(sys, "argv", ["report", "se", *given, "--out", str(tmp_path / "r.html"), *map(str, more)])
        report.main()
        return (tmp_path / "r.html").read_text(encoding="utf-8")

    return run


@pytest.fixture
def everything(experiment):
    decisions = ("--source_decisions", experiment / "source.txt", "--target_decisions", experiment / "target.txt")
    shown = ("--runs", "source_s0", "dann_classifier_s0", "--title", "Run <1> & more")
    return ("--paper", experiment / "tables.tsv", "--baseline", "source", *decisions, *shown)


def test_the_page_is_sound_escaped_and_the_same_again(command, check, experiment, everything):
    page = command(*everything)
    found = check(page)
    assert found.problems == []
    assert not found.all("script")
    assert not found.all("b")
    assert {given["to"] for given in found.all("anchor")} <= set(found.ids)
    for words in (
        "Run <1> & more", "Overview", "The paper's tables beside ours", "Scores", "Difference to source", "Domains",
        "Listen", "Spectrograms", "Training", "Configuration", "Files", "a <b>note</b>", "f<r>", "wide <band>",
        "Table 1, SNR −5 dB", "By language, mean over target_test_m5dB, target_test_5dB",
        "Share of recognised domains, training",
    ):  # fmt: skip
        assert words in found.text, words
    notes = page[page.index("Table 1, SNR 5 dB") : page.index("Table 2, DNS")]
    assert "<li>Noisy: a &lt;b&gt;note&lt;/b&gt;.</li><li>DANN (SNR 5 dB): another.</li>" in notes
    assert page.count("<li>Noisy: ") == 1  # though it is of two parts
    assert command(*everything) == page


def test_only_runs_that_were_scored_are_shown_unless_others_are_named(command, check):
    text = check(command()).text
    assert "source_s0" in text
    assert "dann_classifier_s0" not in text
    assert "dann_classifier_s0" in check(command("--runs", "dann_classifier_s0")).text


def test_figures_are_those_of_the_scores(command, experiment, everything):
    page = command(*everything).replace("\n", "")
    noisy = page.split('<th scope="row">Noisy</th>')[1].split("</tr>")[0]
    assert '">−4.867</td><td class="number">−4.75 <span class="interval">± 0.18</span></td>' in noisy
    dann = page.split('<th scope="row">DANN</th>')[1].split("</tr>")[0]
    assert dann.count("not scored") == 3
    gap = page.split('<th scope="row">Gap</th>')[1].split("</tr>")[0]
    both_ends = '<span class="interval">[+3.00, +3.00]</span>'
    assert f'<td class="number">4.936</td><td class="number">+3.00 {both_ends}</td>' in gap
    assert "30 % of the source are right of it" in page
    assert "takes 0.0 % of the source" in page
    assert "and 99.5 % of the target" in page


def test_without_options_there_are_less_sections(command, check):
    text = check(command()).text
    for words in ("beside ours", "Difference to", "Domains"):
        assert words not in text


def test_players_hold_noisy_enhanced_and_clean(command, check, decoded, experiment):
    """Of each system the first seed; languages take turns."""
    audios = check(command("--utterances", 2, "--seconds", 0.3)).all("audio")
    assert len(audios) == 2 * 2 * 4
    mixtures = MixtureDir(experiment / "data" / "target_test_m5dB")
    heard = [given["aria-label"].split(", ") for given in audios]
    assert [label[0] for label in heard[:4]] == ["Noisy", "source", "srst_similar", "Clean"]
    assert [heard[0][2], heard[4][2]] == ["de", "f<r>"]
    assert heard[0][3] == "SNR -5 dB"
    index = mixtures.ids.index(heard[0][1])
    speech, noise = mixtures.parts(index)
    expected = (speech + noise, speech + noise / 3, speech + noise / 6, speech)
    for given, wave in zip(audios[:4], expected):
        found, rate = decoded(given["src"])
        assert rate == RATE
        np.testing.assert_allclose(found, wave[: round(0.3 * RATE)], atol=2**-14)


def test_players_are_left_out_to_keep_the_size(command, check, caplog):
    whole = command()
    with caplog.at_level(logging.WARNING):
        small = command("--max_mb", (len(whole.encode()) - 60_000) / 1e6)
    assert 0 < len(check(small).all("audio")) < len(check(whole).all("audio"))
    assert "left out" in caplog.text


def test_histogram_has_the_densities_and_the_line():
    generator = np.random.default_rng(0)
    source, target = generator.beta(2, 6, 4000), generator.beta(6, 2, 1000)
    axis = plots.domain_histogram(source, target, 30).axes[0]
    outlines = [patch for patch in axis.patches if not patch.get_fill()]
    for patch, values in zip(outlines, (source, target)):
        heights, edges, _ = patch.get_data()
        assert np.sum(heights * np.diff(edges)) == pytest.approx(1)
        assert np.sum(heights[25:] * np.diff(edges)[25:]) == pytest.approx(np.mean(values >= 0.5))
    limit = axis.lines[0].get_xdata()[0]
    assert np.mean(source > limit) == pytest.approx(0.3, abs=1e-3)
    assert plots.domain_histogram(source, target, 100).axes[0].lines[0].get_xdata()[0] == source.min()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--source_decisions", "x"), "give both --source_decisions and --target_decisions"),
        (("--percent", "0"), "--percent 0.0: give one above 0, at most 100"),
        (("--percent", "101"), "--percent 101.0: give one above 0, at most 100"),
        (("--runs", "sauce_s0"), "no run 'sauce_s0'; did you mean 'source_s0'"),
        (("--baseline", "dann"), "baseline 'dann' was not scored; scored are: noisy, source, srst_similar"),
        (("--data", "nowhere"), "nowhere/target_test_m5dB: no mixture dir"),
        (("--paper", "nowhere"), "nowhere: cannot read the paper's tables"),
    ],
)
def test_wrong_options_are_one_line(command, more, message):
    with pytest.raises(AudiolabError, match=message) as raised:
        command(*more)
    assert "\n" not in str(raised.value)


def test_a_refused_score_shows_over_how_many_the_mean_is(command, experiment, tmp_path):
    scores = SE.read(experiment / "exp" / "scores.csv")
    scores[0].values["pesq"] = math.nan
    SE.write(tmp_path / "scores.csv", scores)
    (tmp_path / "scores.yaml").write_text("conditions: {PESQ: wb}\n")
    assert '<span class="interval">(5)</span>' in command("--scores", tmp_path / "scores.csv")
