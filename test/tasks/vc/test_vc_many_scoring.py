"""Scores of converters of many speakers, through the commands: what needs no reference, and what models say."""

import math
import shutil

import jiwer
import numpy as np
import pytest
import soundfile
import yaml
from commands import command
from many_voices import RATE, SPEAKERS, WORDS, converter, data_dir, encoder, recogniser, voices

import audiolab
from audiolab.bin import apply, tabulate
from audiolab.bin import score as command_score
from audiolab.data.heard import mel_of
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.metrics.judges.judge import at_level
from audiolab.tasks.runs import Run
from audiolab.tasks.vc.conversions import conversions
from audiolab.tasks.vc.scores import VC
from audiolab.tasks.vc.scoring import Item
from audiolab.text.normalise import normalise

PAIRS = [(a, b) for a in SPEAKERS for b in SPEAKERS]


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Return a folder with a converter's conversions, and those of a system that gives the references."""
    root = tmp_path_factory.mktemp("toy")
    converter(root / "exp" / "autovc")
    encoder(root / "encoder")
    encoder(root / "other", seed=1)
    recogniser(root / "ctc")
    data_dir(root / "eval", [f"{speaker}_{n}" for speaker in SPEAKERS for n in "12"])
    data_dir(root / "train", [f"{speaker}_{n}" for speaker in SPEAKERS for n in "3456"], text=False)
    voices(root / "voices")
    made = root / "exp" / "autovc" / "last" / "eval"
    with pytest.MonkeyPatch.context() as monkeypatch:
        given = {"model": root / "exp/autovc", "data": root / "eval", "voices": root / "voices", "out": made}
        command(monkeypatch, apply, "vc", "--targets", *SPEAKERS, itself=True, **given)
    held = DataDir(root / "eval").table("wav.scp")
    names = {f"{b}-{a}_{n}": (f"{a}_{n}", f"{b}_{n}") for a, b in PAIRS for n in "12" if a != b}
    perfect = {
        "wav.scp": {name: held[reference] for name, (_, reference) in names.items()},
        "utt2spk": {name: name[0] for name in names},
        "utt2source": {name: source for name, (source, _) in names.items()},
    }
    write_data_dir(root / "target", perfect)
    rows = [("autovc", "0", a, b, str(made)) for a, b in PAIRS]
    rows += [("target", "-", a, b, str(root / "target")) for a, b in PAIRS if a != b]
    rows += [("natural", "-", a, b, "-") for a, b in PAIRS]
    listed = ["\t".join(row) for row in [("system", "seed", "source", "target", "dir"), *rows]]
    (root / "scored.tsv").write_text("\n".join(listed) + "\n")
    return root


def score(monkeypatch, toy, out, *words, **more):
    given = {"runs": toy / "scored.tsv", "source": toy / "eval", "train": toy / "train", "out": out} | more
    command(monkeypatch, command_score, "vc", *map(str, words), **given)
    return {(row.system, row.source, row.target, row.utterance): row.values for row in VC.read(out)}


@pytest.fixture(scope="module")
def scored(toy):
    with pytest.MonkeyPatch.context() as monkeypatch:
        words = ["--encoder", toy / "encoder", toy / "other", "--recogniser", toy / "ctc", "--many_speakers"]
        return score(monkeypatch, toy, toy / "scores.csv", *words, reference=toy / "eval")


def test_everything_is_scored(scored):
    assert len(scored) == 2 * len(PAIRS) + 2 * 6 + 2 * len(PAIRS)
    of = scored["target", "A", "B", "B-A_1"]
    assert of["mcd_db"] == of["logf0_rmse"] == 0
    assert math.isnan(of["posterior_target"])  # no classifier
    assert of["rhythm_correlation"] > 0.99  # the toy's sentences have one rhythm, whoever speaks
    assert of["f0_correlation"] > 0.9
    assert math.isnan(of["mel_mse"])


def test_cosines_and_ranks_are_those_of_the_encoders(toy, scored):
    """Worked out here: the mean over two encoders, each of which embeds signals of one level."""
    models = [audiolab.load(toy / name) for name in ("encoder", "other")]

    def embedded(speaker, n):
        wave = soundfile.read(toy / ("eval" if n in "12" else "train") / "wav" / f"{speaker}_{n}.wav", dtype="float32")
        return [model.embed(at_level(wave[0]), RATE) for model in models]

    near = np.zeros((2, 3))
    for number, speaker in enumerate(SPEAKERS):
        for which, (own, *train) in enumerate(zip(embedded("B", "1"), *(embedded(speaker, n) for n in "3456"))):
            mean = np.mean(train, axis=0)
            near[which, number] = own @ mean / np.linalg.norm(mean)
    of = scored["target", "A", "B", "B-A_1"]
    assert of["encoder_target"] == pytest.approx(near[:, 1].mean(), abs=1e-4)
    assert of["encoder_source"] == pytest.approx(near[:, 0].mean(), abs=1e-4)
    assert of["encoder_nearer"] == (near[:, 1] > near[:, 0]).mean()
    assert of["encoder_rank"] == (1 + (near > near[:, 1:2]).sum(axis=1)).mean()
    natural = scored["natural", "A", "B", "B-A_1"]
    assert natural["encoder_target"] == of["encoder_target"]


def test_character_errors_are_those_of_the_recogniser(toy, scored):
    """Of natural speech those of the source's own recording."""
    model = audiolab.load(toy / "ctc")
    for system, n, speaker in (("target", "1", "B"), ("natural", "1", "A"), ("natural", "2", "A")):
        wave = soundfile.read(toy / "eval" / "wav" / f"{speaker}_{n}.wav", dtype="float32")[0]
        heard = normalise(model.transcribe(wave, RATE))
        row, column = np.arange(len(heard) + 1), WORDS[n]
        for place, letter in enumerate(column, 1):  # Wagner and Fischer
            new = [place]
            for other, found in enumerate(heard, 1):
                new.append(min(row[other] + 1, new[-1] + 1, row[other - 1] + (found != letter)))
            row = np.array(new)
        assert scored[system, "A", "B", f"B-A_{n}"]["recogniser_cer"] == pytest.approx(
            100 * row[-1] / len(column), rel=1e-4
        )


def test_natural_speech_is_the_targets_for_the_voice_and_the_sources_for_the_words(toy):
    data = DataDir(toy / "eval")
    found = conversions(Run("natural", "-", ("A", "B"), "-"), data, data)
    for item, n in zip((Item(Run("natural", "-", ("A", "B"), "-"), c) for c in found), "12", strict=True):
        voice, words = (load_utterance(data, f"{speaker}_{n}")[0] for speaker in "BA")
        np.testing.assert_array_equal(item.heard(), voice)
        np.testing.assert_array_equal(item.content(), words)
    [made, _] = conversions(Run("target", "-", ("A", "B"), str(toy / "target")), data, data)
    item = Item(Run("target", "-", ("A", "B"), str(toy / "target")), made)
    np.testing.assert_array_equal(item.content(), item.heard())


def test_reconstruction_has_an_error_of_its_own_and_no_other_speaker(toy, scored):
    of = scored["autovc", "A", "A", "A-A_1"]
    model = audiolab.load(toy / "exp" / "autovc")
    wave = soundfile.read(toy / "eval" / "wav" / "A_1.wav", dtype="float32")[0]
    mel = mel_of(wave, RATE, LogMel(model.analysis))
    again = model.convert_features(mel, model.speakers["A"], model.speakers["A"])
    assert of["mel_mse"] == pytest.approx(np.square(mel - again).mean(), rel=1e-3)
    assert math.isnan(of["encoder_nearer"])
    assert math.isnan(of["encoder_source"])
    assert not math.isnan(of["encoder_rank"])
    assert of["mcd_db"] > 0
    natural = scored["natural", "A", "A", "A-A_1"]
    assert math.isnan(natural["mcd_db"])
    assert not math.isnan(natural["recogniser_cer"])


def test_without_references(monkeypatch, toy, tmp_path):
    """As of VoxCeleb: neither texts nor readings of the same sentence; natural speech is other speech of the target."""
    shutil.copytree(toy / "eval", tmp_path / "eval")
    for name in ("text", "utt2lang"):
        (tmp_path / "eval" / name).unlink()
    found = score(monkeypatch, toy, tmp_path / "s.csv", "--encoder", toy / "other", source=tmp_path / "eval")
    of, natural = (found[system, "A", "B", "B-A_1"] for system in ("autovc", "natural"))
    assert math.isnan(of["mcd_db"])
    assert math.isnan(of["recogniser_cer"])
    assert not math.isnan(of["dependence"])
    assert not math.isnan(of["rhythm_correlation"])
    assert not math.isnan(of["encoder_rank"])
    assert natural["encoder_target"] == found["target", "A", "B", "B-A_1"]["encoder_target"]
    assert not math.isnan(found["autovc", "A", "A", "A-A_1"]["mcd_db"])  # its own source is the reference


def test_without_texts_words_are_those_heard_in_the_source(monkeypatch, toy, tmp_path):
    """An untrained recogniser hears other words in each recording; conversions to B are B's own recordings."""
    shutil.copytree(toy / "eval", tmp_path / "eval")
    texts = DataDir(toy / "eval").table("text")
    (tmp_path / "eval" / "text").write_text(f"A_1\nA_2 {texts['A_2']}\nB_1\nB_2\nC_1\nC_2\n")
    found = score(monkeypatch, toy, tmp_path / "s.csv", "--recogniser", toy / "ctc", source=tmp_path / "eval")
    model = audiolab.load(toy / "ctc")
    written, heard = (
        normalise(model.transcribe(soundfile.read(toy / "eval" / "wav" / name, dtype="float32")[0], RATE, 8))
        for name in ("A_1.wav", "B_1.wav")
    )
    expected = 100 * jiwer.cer(written, heard)
    assert found["target", "A", "B", "B-A_1"]["recogniser_cer"] == pytest.approx(expected, rel=1e-4)
    assert math.isnan(found["natural", "A", "B", "B-A_1"]["recogniser_cer"])  # nothing else tells the source's words
    assert not math.isnan(found["natural", "A", "B", "B-A_2"]["recogniser_cer"])
    told = yaml.safe_load((tmp_path / "s.yaml").read_text())["conditions"]
    assert "against what the recogniser writes of it" in told["CER without a text"]


def test_references_are_found_by_words(monkeypatch, toy, tmp_path):
    """Under the number 1 B reads other words than A, who reads B's of number 2."""
    shutil.copytree(toy / "eval", tmp_path / "eval")
    table = DataDir(toy / "eval").tables
    texts = table["text"] | {"B_1": "deer", "B_2": "Red!"}
    reference = write_data_dir(tmp_path / "ref", table | {"text": texts}).path
    found = score(monkeypatch, toy, tmp_path / "s.csv", "--many_speakers", reference=reference)
    assert found["target", "A", "B", "B-A_1"]["mcd_db"] > 0.5
    assert found["target", "A", "C", "C-A_1"]["mcd_db"] == 0
    reference = write_data_dir(tmp_path / "ref", table | {"text": texts | {"B_2": "reed"}}).path
    found = score(monkeypatch, toy, tmp_path / "s.csv", "--many_speakers", reference=reference)
    assert math.isnan(found["target", "A", "B", "B-A_1"]["mcd_db"])


def test_an_encoder_that_trained_the_converter_is_no_judge(monkeypatch, toy, tmp_path):
    sizes = {"speaker_encoder": str(toy / "encoder"), "speaker_encoder_sizes": {"hidden": 8, "layers": 1}}
    run = converter(tmp_path / "styled", weights={"style": 1.0}, **sizes)
    shutil.copytree(toy / "exp/autovc/last", run / "last")
    shutil.copytree(toy / "encoder", tmp_path / "copy")
    runs = tmp_path / "runs.tsv"
    runs.write_text(f"system\tseed\tsource\ttarget\tdir\nx\t0\tA\tB\t{run / 'last' / 'eval'}\n")
    for name in (toy / "encoder", tmp_path / "copy"):
        with pytest.raises(AudiolabError, match=r"styled was trained by it \(system_conf.speaker_encoder\)"):
            score(monkeypatch, toy, tmp_path / "s.csv", "--encoder", name, runs=runs)
    assert score(monkeypatch, toy, tmp_path / "s.csv", "--encoder", toy / "other", runs=runs)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--encoder", "ctc"], "ctc: a model of system ctc, which does not embed"),
        (["--recogniser", "encoder"], "which does not transcribe"),
        (["--recogniser", "nowhere"], "nowhere: no such model"),
    ],
)
def test_wrong_models_are_one_line(monkeypatch, toy, tmp_path, words, message):
    monkeypatch.chdir(toy)
    with pytest.raises(AudiolabError, match=message) as caught:
        score(monkeypatch, toy, tmp_path / "s.csv", *words)
    assert "\n" not in str(caught.value)


def test_tables_of_many_speakers(monkeypatch, toy, scored, tmp_path):
    """Conversions and reconstructions stand apart; six pairs are few, and each has its row."""
    command(monkeypatch, tabulate, scores=toy / "scores.csv", out=tmp_path / "R.md")
    text = (tmp_path / "R.md").read_text()
    systems, again = (text.split(f"## {name}\n\n")[1].split("\n## ")[0] for name in ("Systems", "Reconstruction"))
    assert "| autovc | 6 | 12 | 1 |" in systems
    assert "| natural | 6 | 12 | – |" in systems
    assert "| autovc | 3 | 6 | 1 |" in again
    assert "| natural | 3 | 6 | – |" in again
    assert "Mel error (MSE) ↓" in again
    assert "target |" not in again
    identity = text.split("## Identity and content\n\n")[1].split("\n## ")[0]
    assert "Cosine to the target ↑" in identity
    assert "CER (%) ↓" in identity
    assert "Pairs nearer to the target than to the source, by speaker encoders trained here: autovc in " in identity
    assert "## CER by pair" in text
    assert "A → B" in text


@pytest.mark.slow
def test_jobs_do_not_change_a_bit(monkeypatch, toy, scored, tmp_path):
    words = ["--encoder", toy / "encoder", toy / "other", "--recogniser", toy / "ctc", "--many_speakers"]
    given = {"runs": toy / "scored.tsv", "source": toy / "eval", "train": toy / "train", "reference": toy / "eval"}
    for more in ({"job": 2}, {"job": 1}, {"join": True}):
        options = {"out": tmp_path / "s.csv", "verdicts": toy / "verdicts", "nj": 2} | more
        command(monkeypatch, command_score, "vc", *map(str, words), **given, **options)
    assert (tmp_path / "s.csv").read_bytes() == (toy / "scores.csv").read_bytes()
    assert (tmp_path / "s.yaml").read_bytes() == (toy / "scores.yaml").read_bytes()
