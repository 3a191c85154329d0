"""Label dumps spoken by a model: what is written, whose voice it is, in jobs, and what is refused."""

import logging
import sys

import numpy as np
import pytest
import soundfile
from examples_synthesis import begun
from label_folder import WORLD, make_labels

from audiolab.bin import apply as command_apply
from audiolab.data.feature_dir import FeatureDir
from audiolab.data.label_dump import LabelDump
from audiolab.datadir import parts
from audiolab.datadir.arkio import MatrixTable
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.table import write_table
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.inference import load
from audiolab.synthesis.parametric import ParametricSynthesis
from audiolab.tasks.tts.apply import speak_labels


class Model:
    """Predicts frames that tell of what it was asked."""

    languages, speakers, config, linguistic = ("en-us", "it"), ("A", "C"), WORLD, "column\n"

    def predict(self, vectors, durations, language, speaker):
        frames = np.repeat(np.arange(len(durations)), durations)
        found = np.zeros((len(frames), 7), np.float32)
        found[:, 0] = -6 + 0.1 * frames + (speaker == "C")
        found[:, 1] = vectors.sum() / 100
        found[:, 2] = 0.2 + 0.2 * self.languages.index(language)
        found[:, 3] = np.log(120 + 80 * (speaker == "C"))
        found[:, 4] = 1
        found[:, 5:] = -20
        return found


@pytest.fixture
def labels(tmp_path):
    folder, _ = make_labels(tmp_path / "dump", columns=6)
    write_table(f"{folder}/text", {f"{speaker}_{n}": f"text of {speaker}" for speaker in "ABC" for n in range(3)})
    return LabelDump(folder)


def files(folder):
    """Return the contents of a data dir's files, but for its name in them."""
    found = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: content.replace(str(folder).encode(), b"OUT") for name, content in found.items()}


def test_a_data_dir_of_speech_with_its_parameters(tmp_path, labels, caplog):
    with caplog.at_level(logging.WARNING):
        found = speak_labels(Model(), labels, tmp_path / "out")
    assert "3 of 9 utterances are left out: another language or speaker" in caplog.text
    assert [fault for fault in validate(found.path, feats=False) if fault.fatal] == []
    assert found.utterances == [f"{speaker}_{n}" for speaker in "AC" for n in range(3)]
    assert found.table("utt2spk")["C_1"] == "C"
    assert found.table("utt2lang") == {name: "it" if name[0] == "C" else "en-us" for name in found.utterances}
    assert found.table("text")["A_2"] == "text of A"
    features = FeatureDir(found.path)
    assert features.config == WORLD
    for number, name in enumerate(features.utterances):
        vectors, durations = labels.read(list(labels.utterances).index(name))
        expected = Model().predict(vectors, durations, found.table("utt2lang")[name], name[0])
        np.testing.assert_array_equal(features.read(number), expected)
        assert found.table("utt2num_frames")[name] == str(durations.sum())
        wave, rate = soundfile.read(tmp_path / "out" / "wav" / f"{name}.wav")
        assert rate == 16000
        np.testing.assert_allclose(wave, ParametricSynthesis(WORLD, 1.4)(expected), atol=1e-4)


def test_weight_language_and_voice(tmp_path, labels):
    """The parameters are those before the post-filter, whatever its weight."""
    plain = speak_labels(Model(), labels, tmp_path / "plain", weight=1.0, language="en-us", speaker="C")
    strong = speak_labels(Model(), labels, tmp_path / "strong", weight=2.0, language="en-us", speaker="C")
    assert plain.utterances == strong.utterances == [f"{speaker}_{n}" for speaker in "AB" for n in range(3)]
    assert set(plain.table("utt2spk").values()) == {"C"}
    assert set(plain.table("utt2lang").values()) == {"en-us"}
    for one, other in zip(*(MatrixTable(each.table("feats.scp")).values() for each in (plain, strong))):
        np.testing.assert_array_equal(one, other)
        assert np.exp(one[0, 3]) == pytest.approx(200)
    waves = [soundfile.read(each.table("wav.scp")["B_1"])[0] for each in (plain, strong)]
    assert np.abs(waves[0] - waves[1]).max() > 1e-3


def test_peaks_are_limited_and_counted(tmp_path, labels):
    class Loud(Model):
        def predict(self, *what):
            return super().predict(*what) + np.eye(7, dtype=np.float32)[0] * 6

    found = speak_labels(Loud(), labels, tmp_path / "out", language="it")
    assert all(int(count) > 0 for count in found.table("utt2limited").values())
    assert np.abs(soundfile.read(found.table("wav.scp")["C_0"])[0]).max() <= 1
    quiet = speak_labels(Model(), labels, tmp_path / "quiet", language="it")
    assert set(quiet.table("utt2limited").values()) == {"0"}


def test_jobs_make_what_one_call_makes(tmp_path, labels):
    speak_labels(Model(), labels, tmp_path / "one")
    for job in (2, 1):
        part = parts.Part(job, 2)
        with part.making(tmp_path / "two", {}):
            speak_labels(Model(), labels, tmp_path / "two", part=part)
    parts.join(tmp_path / "two", 2, {})
    one, two = files(tmp_path / "one"), files(tmp_path / "two")
    arks = {name for name in {*one, *two} if name.suffix == ".ark" or name.name == "feats.scp"}
    assert {name: one[name] for name in one.keys() - arks} == {name: two[name] for name in two.keys() - arks}
    both = [FeatureDir(tmp_path / name) for name in ("one", "two")]
    assert both[0].utterances == both[1].utterances
    for found, other in zip(*(each.matrices() for each in both)):
        np.testing.assert_array_equal(found, other)


def test_a_further_call_replaces_what_is_there(tmp_path, labels):
    speak_labels(Model(), labels, tmp_path / "out")
    found = speak_labels(Model(), labels, tmp_path / "out", language="it")
    assert found.utterances == ["C_0", "C_1", "C_2"]
    assert FeatureDir(found.path).utterances == found.utterances


def test_what_cannot_be_spoken_is_refused_in_one_line(tmp_path, labels):
    for given, message in (
        ({"language": "de"}, r"--language: the model does not know 'de'; known are: en-us, it"),
        ({"speaker": "a"}, r"--speaker: the model does not know 'a'; known are: A, C"),
        ({"weight": 0}, r"postfilter 0: give a weight over 0"),
    ):
        with pytest.raises(AudiolabError, match=message):
            speak_labels(Model(), labels, tmp_path / "out", **given)

    class Other(Model):
        speakers = ("X",)

    with pytest.raises(AudiolabError, match=r"labels: no utterance in a language \(en-us, it\) and of a speaker that"):
        speak_labels(Other(), labels, tmp_path / "out")

    class Broken(Model):
        def predict(self, *what):
            raise AudiolabError("vectors (3, 6): give [P, 7]")

    with pytest.raises(AudiolabError, match=r"labels: A_0: vectors \(3, 6\): give"):
        speak_labels(Broken(), labels, tmp_path / "out")
    with pytest.raises(AudiolabError, match="labels"):
        speak_labels(Model(), labels, labels.folder)
    assert not (tmp_path / "out" / "utt2spk").exists()


def test_labels_of_another_set_are_refused(tmp_path, labels):
    """Of none nothing is known."""
    speak_labels(Model(), labels, tmp_path / "out")
    for text, fits in (("column\n", True), ("other column\n", False)):
        (labels.folder / "linguistic.tsv").write_text(text)
        again = LabelDump(labels.folder)
        if fits:
            speak_labels(Model(), again, tmp_path / "out")
        else:
            with pytest.raises(AudiolabError, match=r"linguistic.tsv: another set than that of the labels that the"):
                speak_labels(Model(), again, tmp_path / "out")


def test_the_command_speaks_with_a_trained_model(tmp_path, monkeypatch):
    run = begun(tmp_path)
    folder = tmp_path / "valid" / "labels"
    words = ["--model", run, "--data", folder, "--out", tmp_path / "out", "--language", "it", "--postfilter", "1.2"]
    monkeypatch.setattr(sys, "argv", ["apply", "tts", *map(str, words)])
    command_apply.main()
    made, labels, model = DataDir(tmp_path / "out"), LabelDump(folder), load(run)
    assert set(made.table("utt2lang").values()) == {"it"}
    name = made.utterances[0]
    vectors, durations = labels.read(list(labels.utterances).index(name))
    parameters = MatrixTable(tmp_path / "out" / "feats.scp")[name]
    np.testing.assert_allclose(parameters, model.predict(vectors, durations, "it", "C"), atol=1e-6)
    wave, _ = soundfile.read(tmp_path / "out" / "wav" / f"{name}.wav")
    assert len(wave) == 80 * durations.sum()
    monkeypatch.setattr(sys, "argv", ["apply", "tts", *map(str, words[:-1]), "0"])
    with pytest.raises(AudiolabError, match="postfilter 0"):
        command_apply.main()
