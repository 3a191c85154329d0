"""Scoring data dirs of enhanced speech: noisy input included, refusals named, failures told, any number of jobs."""

import math
import shutil
import sys
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import yaml
from commands import command
from mixture_folder import RATE, make_sounds

from audiolab.bin import score as command_score
from audiolab.bin import tabulate
from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import MixtureDir, MixtureSettings
from audiolab.datadir import datadir
from audiolab.datadir.audio import resample
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError
from audiolab.metrics.judges.dnsmos import METRICS as DNSMOS_METRICS
from audiolab.metrics.judges.dnsmos import Dnsmos
from audiolab.synthesis.speechlike import speech_like
from audiolab.tasks.runs import Run
from audiolab.tasks.se import scoring
from audiolab.tasks.se.scores import SE
from audiolab.tasks.se.scoring import score_enhanced

DNSMOS = [metric.column for metric in DNSMOS_METRICS]
SETS = {"test_m5dB": -5.0, "test_5dB": 5.0}


def write_enhanced(mixtures, folder, share, skip=()):
    """Write a data dir of mixtures whose noise is at ``share`` of what it was."""
    paths = {}
    for index, name in enumerate(mixtures.ids):
        if name in skip:
            continue
        speech, noise = mixtures.parts(index)
        folder.mkdir(parents=True, exist_ok=True)
        paths[name] = folder / f"{name}.wav"
        soundfile.write(paths[name], speech + share * noise, RATE, "FLOAT")
    write_data_dir(folder, {"wav.scp": paths, "utt2spk": {name: name.split("-")[0] for name in paths}})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Return a folder with two sets of the same four excerpts and two systems of which one removes more noise."""
    root, generator = tmp_path_factory.mktemp("se"), np.random.default_rng(0)
    languages = {"a0-x": "de", "b0-x": "fr"}
    waves = {name: 0.3 * speech_like(1.6, RATE, 120, generator) for name in languages}
    make_sounds(root / "speech", waves, languages)
    make_sounds(root / "noise", {"n-a": 0.1 * generator.standard_normal(3 * RATE)})
    rows = ["system\tseed\tset\tdir", *(f"noisy\t-\t{name}\t-" for name in SETS)]
    for name, snr in SETS.items():
        settings = MixtureSettings(
            str(root / "speech"), str(root / "noise"), 4, seconds=[1.0, 1.5], snr=[snr, snr], balance=True
        )
        make_mixtures(settings, root / "data" / name)
        for system, share in (("source", 0.7), ("oracle", 0.3)):
            write_enhanced(MixtureDir(root / "data" / name), root / system / name, share)
            rows.append(f"{system}\t0\t{name}\t{root / system / name}")
    (root / "scored.tsv").write_text("\n".join(rows) + "\n")
    return root


def score(monkeypatch, folder, out, **options):
    command(
        monkeypatch,
        command_score,
        "se",
        **({"runs": folder / "scored.tsv", "data": folder / "data", "out": out} | options),
    )


@pytest.fixture(scope="module")
def scored(data):
    with pytest.MonkeyPatch.context() as monkeypatch:
        score(monkeypatch, data, data / "scores.csv")
    return data / "scores.csv"


def test_every_utterance_of_every_system_is_scored(data, scored):
    rows = {(s.system, s.set, s.utterance): s for s in SE.read(scored)}
    assert len(rows) == 3 * 2 * 4
    for name, snr in SETS.items():
        mixtures = MixtureDir(data / "data" / name)
        speakers = DataDir(data / "data" / name).table("utt2spk")
        for index, utterance in enumerate(mixtures.ids):
            noisy, source, oracle = (rows[system, name, utterance] for system in ("noisy", "source", "oracle"))
            assert {(s.snr, s.language) for s in (noisy, source, oracle)} == {
                (f"{snr:g}", {"a": "de", "b": "fr"}[utterance[0]])
            }
            assert (noisy.seed, source.seed) == ("-", "0")
            assert {s.speaker for s in (noisy, source, oracle)} == {speakers[utterance]}
            assert noisy.values["si_sdr"] == pytest.approx(snr, abs=1)
            assert source.values["si_sdr"] == pytest.approx(snr - 20 * np.log10(0.7), abs=1)
            assert noisy.values["pesq"] < oracle.values["pesq"]
            assert noisy.values["stoi"] < source.values["stoi"] < oracle.values["stoi"]
            speech, noise = mixtures.parts(index)
            enhanced = (speech + np.float32(0.3) * noise).astype(np.float32)
            expected, _ = score_enhanced(speech, enhanced, speech + noise)
            assert {column: oracle.values[column] for column in expected} == pytest.approx(expected, rel=1e-4)
            assert noisy.values["si_sdr_i"] == 0
            assert oracle.values["si_sdr_i"] == pytest.approx(-20 * np.log10(0.3), abs=1)
    report = yaml.safe_load(scored.with_suffix(".yaml").read_text())
    assert report["conditions"]["Refused"] == "none"
    counted = "source not counted, oracle not counted"  # the test made these dirs, not enhance
    assert report["conditions"]["Files with samples over full scale, which are clipped"] == counted
    assert report["refused"] == report["failures"] == []


@pytest.mark.slow
def test_processes_do_not_change_a_bit_and_noisy_is_added(monkeypatch, data, scored, tmp_path):
    rows = (data / "scored.tsv").read_text().splitlines()
    (tmp_path / "runs.tsv").write_text("\n".join([rows[0], *rows[3:]]) + "\n")
    score(monkeypatch, data, tmp_path / "scores.csv", nj=2, runs=tmp_path / "runs.tsv")
    assert (tmp_path / "scores.csv").read_bytes() == scored.read_bytes()


def test_tables_are_read_once_whatever_their_length(monkeypatch, data, tmp_path):
    """Scoring grows with the number of utterances, not with its square."""
    make_sounds(tmp_path / "speech", {"a0-x": 0.3 * speech_like(1.0, RATE, 120, np.random.default_rng(0))})
    read, reader = Counter(), datadir.read_table
    monkeypatch.setattr(datadir, "read_table", lambda path: read.update([str(path)]) or reader(path))
    monkeypatch.setattr(scoring, "score_enhanced", lambda *signals: ({"pesq": 1.0}, {}))
    for count in (1, 40):
        settings = MixtureSettings(str(tmp_path / "speech"), str(data / "noise"), count, seconds=[0.1, 0.1])
        make_mixtures(settings, tmp_path / "mix")
        write_enhanced(MixtureDir(tmp_path / "mix"), tmp_path / "made", 0.5)
        runs = [Run("noisy", "-", ("mix",), "-"), Run("x", "0", ("mix",), str(tmp_path / "made"))]
        read.clear()
        found = scoring.Scoring(SimpleNamespace(data=tmp_path), runs)
        assert len(found.score(range(len(found.items))).scores) == 2 * count
        assert max(read.values()) <= 2


def test_refused_utterances_are_named_and_counted(monkeypatch, data, tmp_path):
    mixtures = MixtureDir(data / "data" / "test_5dB")
    write_enhanced(mixtures, tmp_path / "mute", 0.5)
    soundfile.write(tmp_path / "mute" / f"{mixtures.ids[1]}.wav", np.zeros(mixtures.samples[1]), RATE)
    (tmp_path / "runs.tsv").write_text(f"system\tseed\tset\tdir\nmute\t3\ttest_5dB\t{tmp_path / 'mute'}\n")
    out = tmp_path / "scores.csv"
    score(monkeypatch, data, out, runs=tmp_path / "runs.tsv")
    rows = [s for s in SE.read(out) if s.system == "mute"]
    assert [all(map(math.isnan, s.values.values())) for s in rows] == [False, True, False, False]
    report = yaml.safe_load(out.with_suffix(".yaml").read_text())
    place = f"mute, seed 3, test_5dB, {mixtures.ids[1]}"
    reason = "the enhanced speech is silent"
    assert report["refused"] == [
        f"{place}: {column}: {reason}" for column in ("pesq", "stoi", "si_sdr", "estoi", "si_sdr_i")
    ]
    assert report["conditions"]["Refused"] == (
        "1 PESQ, 1 STOI, 1 SI-SDR, 1 ESTOI, 1 SI-SDR improvement of 8 each, left out of means"
    )
    command(monkeypatch, tabulate, scores=out, out=tmp_path / "R.md")
    mute = next(line for line in (tmp_path / "R.md").read_text().splitlines() if line.startswith("| mute"))
    assert mute.count("(3)") == 3
    assert mute.startswith("| mute | 4 | 1 |")


def test_unreadable_recordings_end_the_command_unless_allowed(monkeypatch, data, tmp_path):
    mixtures = MixtureDir(data / "data" / "test_5dB")
    write_enhanced(mixtures, tmp_path / "x", 0.5)
    soundfile.write(tmp_path / "x" / f"{mixtures.ids[0]}.wav", np.ones(100), RATE)
    (tmp_path / "x" / f"{mixtures.ids[2]}.wav").unlink()
    (tmp_path / "runs.tsv").write_text(f"system\tseed\tset\tdir\nx\t0\ttest_5dB\t{tmp_path / 'x'}\n")
    options = {"runs": tmp_path / "runs.tsv", "out": tmp_path / "scores.csv"}
    with pytest.raises(AudiolabError, match=r"2 recordings could not .*: 100 samples at 16000 Hz, but the mixture"):
        score(monkeypatch, data, **options)
    assert not (tmp_path / "scores.csv").exists()
    score(monkeypatch, data, **options, allow_failures=True)
    assert len([s for s in SE.read(tmp_path / "scores.csv") if s.system == "x"]) == 2
    report = yaml.safe_load((tmp_path / "scores.yaml").read_text())
    assert "cannot open" in report["failures"][1]
    assert report["conditions"]["Failures"] == "2, left out"


def test_the_speaker_of_every_utterance_is_asked_for(monkeypatch, data, tmp_path):
    """An utterance that is its own speaker has, as in Kaldi, one that is not known."""
    shutil.copytree(data / "data" / "test_5dB", tmp_path / "data" / "test_5dB")
    runs = tmp_path / "runs.tsv"
    runs.write_text(f"system\tseed\tset\tdir\nsource\t0\ttest_5dB\t{data / 'source' / 'test_5dB'}\n")
    options = {"runs": runs, "data": tmp_path / "data"}
    ids = MixtureDir(data / "data" / "test_5dB").ids
    table = tmp_path / "data" / "test_5dB" / "utt2spk"
    table.write_text("".join(f"{name} {name if name == ids[0] else 'anna'}\n" for name in ids))
    score(monkeypatch, data, tmp_path / "scores.csv", **options)
    assert [s.speaker for s in SE.read(tmp_path / "scores.csv")] == 2 * ["-", "anna", "anna", "anna"]
    table.write_text("".join(f"{name} anna\n" for name in ids[1:]))
    with pytest.raises(AudiolabError, match=rf"utt2spk: no '{ids[0]}'; make the set again"):
        score(monkeypatch, data, tmp_path / "scores.csv", **options)


def test_a_dir_that_is_not_of_the_set_is_refused(monkeypatch, data, tmp_path):
    mixtures = MixtureDir(data / "data" / "test_5dB")
    write_enhanced(mixtures, tmp_path / "x", 0.5, skip=mixtures.ids[1:2])
    (tmp_path / "runs.tsv").write_text(f"system\tseed\tset\tdir\nx\t0\ttest_5dB\t{tmp_path / 'x'}\n")
    with pytest.raises(AudiolabError, match=rf"x: '{mixtures.ids[1]}' is not in both .*\(1 are not\); enhance again"):
        score(monkeypatch, data, tmp_path / "scores.csv", runs=tmp_path / "runs.tsv")


def test_judges_are_asked_of_the_mixture_and_of_what_was_made_of_it(monkeypatch, data, scored, tmp_path):
    shutil.copytree(data / "data" / "test_5dB", tmp_path / "data" / "test_5dB")
    runs, out = tmp_path / "runs.tsv", tmp_path / "scores.csv"
    runs.write_text(f"system\tseed\tset\tdir\noracle\t0\ttest_5dB\t{data / 'oracle' / 'test_5dB'}\n")
    options = {"runs": runs, "data": tmp_path / "data", "out": out, "judges": ["dnsmos", "words"], "judged": 1}
    monkeypatch.setattr(sys, "argv", ["score", "se", *_words(options)])
    command_score.main()  # no text: nothing to compare words with
    told = yaml.safe_load(out.with_suffix(".yaml").read_text())["conditions"]
    assert told["WER, CER left out"] == "no utterance has a text and a language that the recogniser knows"
    first = {s.system: s.values for s in SE.read(out) if not math.isnan(s.values["dnsmos_ovrl"])}
    assert list(first) == ["noisy", "oracle"]
    assert first["noisy"]["dnsmos_bak"] < first["oracle"]["dnsmos_bak"]
    mixtures = MixtureDir(tmp_path / "data" / "test_5dB")
    speech, noise = (resample(part, mixtures.rate, 16000) for part in mixtures.parts(0))
    assert {c: first["noisy"][c] for c in DNSMOS} == pytest.approx(Dnsmos().measure(speech + noise), abs=0.01)
    kept = sorted((tmp_path / "verdicts/dnsmos").iterdir())
    assert len(kept) == 2
    table = tmp_path / "data" / "test_5dB"
    (table / "text").write_text("".join(f"{name} some words\n" for name in mixtures.ids))
    (table / "utt2lang").write_text("".join(f"{name} en\n" for name in mixtures.ids))
    monkeypatch.setattr(Dnsmos, "measure", None)  # what was judged is not judged again
    command_score.main()
    again = [s.values for s in SE.read(out) if s.utterance == mixtures.ids[0]]
    assert [values["dnsmos_ovrl"] for values in again] == [values["dnsmos_ovrl"] for values in first.values()]
    assert all(values["wer"] >= 0 for values in again)
    command(monkeypatch, tabulate, scores=out, out=tmp_path / "R.md", baseline="noisy")
    text = (tmp_path / "R.md").read_text()
    assert "| noisy | 4 | – |" in text
    further = text.split("### Further scores of test_5dB\n\n")[1].split("\n## ")[0]
    assert "ESTOI" in further
    assert "WER" in further
    assert "#### Further scores of test_5dB: difference to noisy" in text


def _words(options):
    return [w for name, v in options.items() for w in (f"--{name}", *map(str, v if isinstance(v, list) else [v]))]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("x\t0\ttest_5dB", "runs.tsv:2: 3 columns in place of 4; the columns must be system, seed, set, dir, by tabs"),
        ("", "runs.tsv: nothing is listed"),
        ("x\t0\ttest_5dB\td\nx\t0\ttest_5dB\te", "runs.tsv:3: system x, seed 0, set test_5dB is listed twice"),
        ("x\t0\ttest_5dB\t-", "runs.tsv:2: the dir of 'noisy', and of no other system, is '-'"),
        ("noisy\t0\ttest_5dB\td", "runs.tsv:2: the dir of 'noisy'"),
        ("x\t0\tnone\td", "data/none: no mixture dir"),
        ("x\t0\ttest_5dB\tnowhere", "nowhere: no such data dir"),
    ],
)
def test_wrong_lists_of_runs_are_refused(monkeypatch, data, tmp_path, rows, says):
    (tmp_path / "runs.tsv").write_text(f"system\tseed\tset\tdir\n{rows}\n" if rows else "system\tseed\tset\tdir\n")
    with pytest.raises(AudiolabError, match=says):
        score(monkeypatch, data, tmp_path / "scores.csv", runs=tmp_path / "runs.tsv")
