"""The page of speech synthesis: whole, escaped, its figures the scores', its players in all versions, codes drawn."""

import shutil
import sys

import numpy as np
import pytest
from examples_synthesis import begun
from speech_folder import CONFIG, VOICES, make_speech, write_made

from audiolab.bin import report
from audiolab.errors import AudiolabError
from audiolab.features.world_parameters import WorldParameters
from audiolab.inference import load
from audiolab.metrics.bootstrap import Interval
from audiolab.report import language_plots
from audiolab.tasks.tts.codes import plane
from audiolab.tasks.tts.scores import FURTHER, METRICS, TTS, SynthesisScore

PAPER = """figure\trow\tsystem\tlanguages\tnote
Figure 2\tSingle <b>\tbaseline\ten-us it\ta <b>note</b>
Figure 2\tMLMS\tmlms\ten-us it\t
Figure 2\tMLMS, 1-hot\tonehot\ten-us it\t
"""
LEVELS = {"vocoded": 0.125, "baseline": 0.5, "mlms": 0.25}


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """Return a folder with recordings, two runs, what they made, its list and its scores."""
    root = tmp_path_factory.mktemp("experiment")
    feats = make_speech(root)
    text = (root / "data" / "text").read_text()
    (root / "data" / "text").write_text(text.replace("sentence 0", "Say <0>"))
    for name, sizes in (("mlms", {}), ("baseline", {"bases": 0})):
        shutil.move(begun(root / f"made_{name}", **sizes), root / f"{name}_s0")
        (root / "exp").mkdir(exist_ok=True)
        shutil.move(root / f"{name}_s0", root / "exp" / f"{name}_s0")
        wave = LEVELS[name] * np.random.default_rng(1).standard_normal(4000)
        write_made(root / "exp" / f"{name}_s0" / "speech", feats, wave)
        write_made(root / "exp" / f"{name}_s0" / "other", feats, 0 * wave)
    rows, scores = ["system\tseed\tlanguage\tspeaker\tdir"], []
    for system, level in LEVELS.items():
        seed = "-" if system == "vocoded" else "0"
        for speaker, (language, _) in VOICES.items():
            folder = "-" if seed == "-" else root / "exp" / f"{system}_s0" / "speech"
            rows.append(f"{system}\t{seed}\t{language}\t{speaker}\t{folder}")
            if seed == "0":
                rows.append(f"{system}\t1\t{language}\t{speaker}\t{root / 'exp' / f'{system}_s0' / 'other'}")
            for number in range(6):
                values = {metric.column: level + number / 8 + (speaker == "C") for metric in METRICS}
                scores.append(SynthesisScore(system, seed, language, speaker, f"{speaker}_{number}", values))
    (root / "exp" / "scored.tsv").write_text("\n".join(rows) + "\n")
    TTS.write(root / "exp" / "scores.csv", scores)
    (root / "exp" / "scores.yaml").write_text("conditions: {Frames: as <Merlin> has them}\n")
    (root / "paper.tsv").write_text(PAPER)
    return root


@pytest.fixture
def command(experiment, monkeypatch, tmp_path):
    """Return a function that runs the command and gives the page."""

    def run(*more):
        exp = experiment / "exp"
        paths = {"expdir": exp, "data": experiment / "data", "features": experiment / "feats"}
        paths |= {"scores": exp / "scores.csv", "out": tmp_path / "r.html"}
        given = [str(word) for name, value in paths.items() for word in (f"--{name}", value)]
        monkeypatch.setattr(sys, "argv", ["report", "tts", *given, *map(str, more)])
        report.main()
        return (tmp_path / "r.html").read_text(encoding="utf-8")

    return run


@pytest.fixture
def everything(experiment, tmp_path):
    return ("--paper", experiment / "paper.tsv", "--baseline", "baseline", "--title", "Run <1> & more", "--sets",
            f"train={experiment / 'data'}", f"dev={experiment / 'data'}", "--pictures", tmp_path / "png")  # fmt: skip


def test_the_page_is_sound_escaped_and_the_same_again(command, check, everything, tmp_path):
    page = command(*everything)
    found = check(page)
    assert found.problems == []
    assert not found.all("script")
    assert not found.all("b")
    for words in (
        "Run <1> & more", "Speech synthesis with mlms", "Utterances", "The paper's figures", "Scores",
        "Difference to baseline", "Codes of languages", "Listen", "Spectrograms", "Training", "Configuration",
        "a <b>note</b>", "as <Merlin> has them", "A_0: Say <0>", "18 utterances, 3 voices, 1 seed", "no contender",
    ):  # fmt: skip
        assert words in found.text, words
    pngs = {path.name: path.read_bytes() for path in (tmp_path / "png").iterdir()}
    assert set(pngs) == {"figure-2.png", "codes-mlms-s0.png", "codes-plane-mlms-s0.png"}
    assert all(content.startswith(b"\x89PNG") for content in pngs.values())
    assert command(*everything) == page
    assert {path.name: path.read_bytes() for path in (tmp_path / "png").iterdir()} == pngs


def test_figures_are_those_of_the_scores(command, everything):
    page = command(*everything).replace("\n", "")
    figure = page.split("<h3>Figure 2</h3>")[1].split("</table>")[0]
    rows = {row.split("</th>")[0]: row for row in figure.split('<th scope="row">')[1:]}
    assert list(rows) == ["en-us, A", "en-us, B", "it"]
    assert ">0.812 " in rows["en-us, A"]  # 0.5 + 2.5 / 8
    assert "<strong>0.562</strong>" in rows["en-us, A"]
    assert "not scored" in rows["it"]
    scores = page.split("MSE, normalised; the best of each row in bold")[4].split("</table>")[0]
    assert "<strong>1.562</strong>" in scores
    assert "<strong>1.438" not in scores  # which the vocoder has
    assert '>−0.250 <span class="interval">[−0.250, −0.250]</span>' in page
    with_sets = page.split("Table 1 of the paper</caption>")[1].split("</table>")[0]
    assert with_sets.count('<td class="number">3</td>') == 6


def test_parts_that_are_not_asked_for_are_not_there(command, check, tmp_path):
    text = check(command()).text
    for words in ("The paper's figures", "Difference to", "Table 1"):
        assert words not in text
    assert not (tmp_path / "png").exists()
    with pytest.raises(AudiolabError, match="--baseline x: was not scored"):
        command("--baseline", "x")


def test_players_are_of_all_versions(command, check, decoded, experiment):
    audios = check(command("--utterances", 1)).all("audio")
    roles = ["Recording", "Vocoded", "baseline", "mlms"]
    assert [given["aria-label"].split(",")[0] for given in audios] == roles * 3
    world, feats = WorldParameters(CONFIG), make_speech(experiment / "again")
    vocoded, rate = decoded(audios[1]["src"])
    assert rate == 16000
    np.testing.assert_allclose(vocoded, np.clip(world.synthesise(feats["A_0"]), -1, 1), atol=2**-14)
    assert np.std(decoded(audios[2]["src"])[0]) > 1.5 * np.std(decoded(audios[3]["src"])[0])


def test_recordings_that_no_system_spoke_are_named(command, experiment, tmp_path):
    for name in ("data", "feats"):
        shutil.copytree(experiment / name, tmp_path / name)
        for table in (tmp_path / name).iterdir():
            if table.is_file() and table.suffix not in (".ark", ".yaml"):
                table.write_text(table.read_text().replace("C_", "C_9"))
    with pytest.raises(AudiolabError, match="data: no recording of 'it, C' that all its systems spoke; give --data"):
        command("--data", tmp_path / "data", "--features", tmp_path / "feats")


def test_judges_have_a_table_of_each_voice(command, experiment, check, tmp_path):
    scores = TTS.read(experiment / "exp" / "scores.csv")
    assert "judges" not in check(command()).text
    for row in scores:
        row.values.update({metric.column: 3.25 for metric in FURTHER})
    TTS.write(tmp_path / "scores.csv", scores)
    (tmp_path / "scores.yaml").write_text("conditions: {}\n")
    assert "it: judges that were trained elsewhere" in check(command("--scores", tmp_path / "scores.csv")).text


def test_codes_are_the_models(command, experiment, check):
    page = command()
    codes = load(experiment / "exp" / "mlms_s0").codes
    drawn = [given["aria-label"] for given in check(page).all("svg") if given["aria-label"].startswith("mlms_s0")]
    assert [alt.split(":")[0] for alt in drawn] == ["mlms_s0", "mlms_s0"]
    picture = page.split('aria-label="mlms_s0: the value')[1].split("</svg>")[0]
    for language, code in codes.items():
        assert f">{language}<" in picture
        assert all(f">{value:.2f}<".replace("-", "\u2212") in picture.replace("-", "\u2212") for value in code)


def test_the_plane_is_that_of_the_principal_components():
    generator = np.random.default_rng(0)
    codes = {name: 5 + generator.standard_normal(4) * [4, 2, 0.1, 0.1] for name in ("de", "fr", "it", "es", "pl")}
    places, share = plane(codes)
    values, found = np.stack(list(codes.values())), np.stack(list(places.values()))
    variances, axes = np.linalg.eigh(np.cov(values.T))
    expected = (values - values.mean(0)) @ axes[:, [-1, -2]]
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-9)
    assert share == pytest.approx(variances[-2:].sum() / variances.sum())
    assert np.all(found[np.abs(found).argmax(0), [0, 1]] > 0)


def test_the_plane_of_two_codes_and_of_equal_ones():
    places, share = plane({"a": np.array([1.0, 0, 0]), "b": np.array([0.0, 1, 0])})
    np.testing.assert_allclose(sorted(place[0] for place in places.values()), [-(0.5**0.5), 0.5**0.5])
    assert share == pytest.approx(1)
    places, share = plane({"a": np.ones(1), "b": np.ones(1)})
    assert share == 1
    np.testing.assert_array_equal(np.stack(list(places.values())), 0)


def test_bars_begin_at_zero_and_have_intervals():
    values = {
        "en-us": {"baseline": Interval(0.5, 0.4, 0.65, 9), "mlms": Interval(0.6, 0.5, 0.7, 9)},
        "pl": {"mlms": Interval(0.3, float("nan"), float("nan"), 2)},
    }
    (axis,) = language_plots.bars(values, "MSE").axes
    assert [patch.get_height() for patch in axis.patches] == [0.5, 0.6, 0.3]
    assert all(patch.get_y() == 0 for patch in axis.patches)
    centres = [patch.get_x() + patch.get_width() / 2 for patch in axis.patches]
    np.testing.assert_allclose(centres, [-0.2, 0.2, 1.2])
    reach = [segment[:, 1].tolist() for lines in axis.collections for segment in lines.get_segments()]
    np.testing.assert_allclose(reach, [[0.4, 0.65], [0.5, 0.7], [0.3, 0.3]])
    assert [text.get_text() for text in axis.get_xticklabels()] == ["en-us", "pl"]
