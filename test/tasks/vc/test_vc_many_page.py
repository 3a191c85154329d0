"""The page and the pictures of converters of many speakers."""

import json
import shutil

import numpy as np
import pytest
from commands import command
from many_voices import converter, data_dir, voices

from audiolab.bin import apply, plot_mels, report
from audiolab.bin import score as command_score
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError
from audiolab.report.players import Clip
from audiolab.tasks.vc import pictures
from audiolab.tasks.vc.conversions import read_conversions
from audiolab.tasks.vc.reconstruction import mel_error


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Return an experiment of two systems that convert A and B to one another and to themselves."""
    root = tmp_path_factory.mktemp("toy")
    data_dir(root / "eval", [f"{speaker}_{n}" for speaker in "AB" for n in "12"])
    data_dir(root / "train", [f"{speaker}_{n}" for speaker in "AB" for n in "34"])
    voices(root / "voices")
    rows = [("system", "seed", "source", "target", "dir")]
    with pytest.MonkeyPatch.context() as monkeypatch:
        for seed, system in enumerate(("autovc", "cycle")):
            run = converter(root / "exp" / system / "s0", seed)
            start = {"versions": {"torch": "2"}, "commit": "abc", "command": "train", "start": "2026-01-02T03:04:05"}
            (run / "run.json").write_text(json.dumps(start))
            (run / "history.csv").write_text("step,epoch,split,name,value\n1,0,train,converter_loss,1\n")
            made = run / "last" / "eval"
            given = {"model": run, "data": root / "eval", "voices": root / "voices", "out": made}
            command(monkeypatch, apply, "vc", "--targets", "A", "B", itself=True, **given)
            rows += [(system, "0", a, b, str(made)) for a in "AB" for b in "AB"]
        rows += [("natural", "-", a, b, "-") for a in "AB" for b in "AB"]
        (root / "exp" / "scored.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
        given = {"runs": root / "exp/scored.tsv", "source": root / "eval", "train": root / "train"}
        command(monkeypatch, command_score, "vc", out=root / "exp/scores.csv", **given)
    return root


def written(monkeypatch, toy, out):
    given = {"expdir": toy / "exp", "data": toy / "eval", "scores": toy / "exp/scores.csv", "out": out}
    command(monkeypatch, report, "vc", **given)
    return out.read_text(encoding="utf-8")


def test_the_page(monkeypatch, check, toy, tmp_path):
    found = check(written(monkeypatch, toy, tmp_path / "report.html"))
    assert found.problems == []
    assert "Identity and content" in found.text
    assert "Reconstruction" in found.text
    assert "All systems: A_1, A → B" in found.text
    heard = [given["aria-label"] for given in found.all("audio")]
    assert [each for each in heard if each.startswith("Converted")][:4] == [
        f"Converted, Sentence 1: {a} → {b}. red" for a in "AB" for b in "AB"
    ]


def test_what_stands_below_each_other(toy):
    """Figures 9 to 11: the source, the conversion and the reconstruction of each system in turn."""
    made = {
        system: read_conversions(DataDir(toy / "exp" / system / "s0/last/eval"), DataDir(toy / "eval"), None)
        for system in ("autovc", "cycle")
    }
    clips = pictures.of_systems(made, "A_1", "B")
    expected = {"Source: A": ("eval", "A_1")} | {
        f"{system}: A → {target}": (f"exp/{system}/s0/last/eval", f"{target}-A_1")
        for system in ("autovc", "cycle")
        for target in "BA"
    }
    places = {name: (clip.datadir.path.relative_to(toy).as_posix(), clip.utterance) for name, clip in clips.items()}
    assert list(places) == list(expected)
    assert places == expected
    with pytest.raises(AudiolabError, match="no system converted 'A_1' to 'C'"):
        pictures.of_systems({"autovc": [c for c in made["autovc"] if c.pair == ("B", "A")]}, "A_1", "C")


def test_the_spectrogram_of_a_network_is_shown_and_not_that_of_its_audio(monkeypatch, toy):
    drawn = {}
    monkeypatch.setattr(pictures, "spectrograms", lambda panels, kinds: drawn.update(panels))
    made, data = DataDir(toy / "exp/autovc/s0/last/eval"), DataDir(toy / "eval")
    pictures.mels({"Source": Clip(data, "A_1"), "B": Clip(made, "B-A_1")}, 0.3)
    kept = MatrixTable(made.table("feats.scp"))["B-A_1"]
    [shown] = drawn["B"]
    np.testing.assert_allclose(shown.decibels, 100 * kept[: len(shown.decibels)] - 100, atol=1e-4)
    assert len(shown.decibels) == len(drawn["Source"][0].decibels) == 2 + round(0.3 * 16000) // 256
    assert (np.diff(shown.frequencies) > 0).all()


def test_a_png(monkeypatch, toy, tmp_path):
    given = {"scored": toy / "exp/scored.tsv", "data": toy / "eval", "utterance": "A_1", "target": "B"}
    command(monkeypatch, plot_mels, "--systems", "cycle", "autovc", out=tmp_path / "fig.png", **given)
    assert (tmp_path / "fig.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(AudiolabError, match=r"no system 'cycel' in .*; did you mean 'cycle'"):
        command(monkeypatch, plot_mels, "--systems", "cycel", out=tmp_path / "fig.png", **given)
    with pytest.raises(AudiolabError, match=r"scored\.tsv: is read too, and would be written over"):
        command(monkeypatch, plot_mels, out=given["scored"], **given)


def test_a_spectrogram_that_is_not_there_is_named_by_its_table(toy, tmp_path):
    folder = tmp_path / "made"
    shutil.copytree(toy / "exp/autovc/s0/last/eval", folder)
    lines = (folder / "feats.scp").read_text().splitlines(keepends=True)
    (folder / "feats.scp").write_text("".join(line for line in lines if not line.startswith("A-A_1 ")))
    made, source = Clip(DataDir(folder), "A-A_1"), Clip(DataDir(toy / "eval"), "A_1")
    for call in (lambda: pictures.mels({"Converted": made}, 1.0), lambda: mel_error(made, source)):
        with pytest.raises(AudiolabError, match=r"made/feats\.scp: no entry for 'A-A_1'"):
            call()
