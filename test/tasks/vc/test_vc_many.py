"""A converter of many speakers over data dirs and files: who is converted to whom, by which embeddings."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import command
from many_voices import RATE, converter, data_dir, embedding, encoder, spoken, voices

import audiolab
from audiolab.bin import apply, convert
from audiolab.data.feature_dir import FeatureDir
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.synthesis.griffin_lim import GriffinLim


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    root = tmp_path_factory.mktemp("toy")
    converter(root / "run")
    encoder(root / "encoder")
    data_dir(root / "data", ["A_1", "A_2", "B_1", "C_3"])
    voices(root / "voices")
    return root


def applied(monkeypatch, toy, out, **more):
    given = {"model": toy / "run", "data": toy / "data", "voices": toy / "voices", "out": out} | more
    targets = given.pop("targets", ["A", "C"])
    command(monkeypatch, apply, "vc", *(["--targets", *targets] if targets else []), **given)
    return DataDir(out)


def test_every_utterance_becomes_every_target_but_its_own(monkeypatch, toy, tmp_path):
    made = applied(monkeypatch, toy, tmp_path / "out")
    expected = {f"{t}-{u}": (t, u) for t in "AC" for u in ("A_1", "A_2", "B_1", "C_3") if u[0] != t}
    assert made.table("utt2spk") == {name: target for name, (target, _) in expected.items()}
    assert made.table("utt2source") == {name: source for name, (_, source) in expected.items()}
    assert made.table("text")["C-A_2"] == "deer"
    assert set(made.table("utt2lang").values()) == {"en"}
    assert [fault for fault in validate(made.path) if fault.fatal] == []

    model, griffin_lim = audiolab.load(toy / "run"), GriffinLim()
    features = FeatureDir(made.path)
    for number, name in enumerate(features.utterances):
        target, source = expected[name]
        told = embedding(source[0]), embedding(target)
        wave, _ = soundfile.read(toy / "data" / "wav" / f"{source}.wav", dtype="float32")
        kept, found = features.read(number), soundfile.read(made.table("wav.scp")[name])[0]
        assert len(kept) == 1 + len(wave) // 256 == int(made.table("utt2num_frames")[name])
        assert len(found) == len(wave)
        np.testing.assert_allclose(model.convert(wave, RATE, *told), found, atol=1e-4)
        np.testing.assert_allclose(griffin_lim.synthesise(kept), found[: 256 * (len(kept) - 1)], atol=1e-4)


def test_jobs_make_the_same(monkeypatch, toy, tmp_path):
    whole = applied(monkeypatch, toy, tmp_path / "whole", itself=True)
    assert len(whole.utterances) == 2 * 4
    for more in ({"job": 2}, {"job": 1}, {"join": True}):
        joined = applied(monkeypatch, toy, tmp_path / "joined", itself=True, nj=2, **more)
    assert joined.table("utt2source") == whole.table("utt2source")
    assert joined.settings == whole.settings
    one, other = FeatureDir(whole.path), FeatureDir(joined.path)
    assert list(one.utterances) == list(other.utterances)
    for number, name in enumerate(one.utterances):
        np.testing.assert_array_equal(one.read(number), other.read(number))
        files = [Path(each.table("wav.scp")[name]) for each in (whole, joined)]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_unknown_speakers_are_told_by_the_encoder(monkeypatch, toy, tmp_path):
    """C is no training speaker; without a table its utterance tells the voice."""
    made = applied(monkeypatch, toy, tmp_path / "out", voices="", targets=["B"], encoder=toy / "encoder")
    wave = soundfile.read(toy / "data" / "wav" / "C_3.wav", dtype="float32")[0]
    told = audiolab.load(toy / "encoder").embed(wave, RATE)
    expected = audiolab.load(toy / "run").convert(wave, RATE, told, "B")
    np.testing.assert_allclose(soundfile.read(made.table("wav.scp")["B-C_3"])[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"targets": []}, "give those to convert to as --targets"),
        ({"targets": ["D"]}, "no embedding of speaker 'D'; known are: A, B, C"),
        ({"voices": "", "targets": ["B"]}, "C_3: .*names no speaker encoder; give the run .* --encoder"),
        ({"f0": "speakers"}, "--reverse, --f0 and --conversion are for one pair"),
        ({"vocoder": "nowhere"}, "nowhere: no such model"),
        ({"model": "nowhere"}, "nowhere: no such model"),
    ],
)
def test_what_cannot_be_is_one_line(monkeypatch, toy, tmp_path, more, message):
    with pytest.raises(AudiolabError, match=message) as caught:
        applied(monkeypatch, toy, tmp_path / "out", **more)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "wav.scp").exists()


def test_recordings_of_a_lower_rate_are_refused(monkeypatch, toy, tmp_path):
    data = data_dir(tmp_path / "data", ["A_1"])
    soundfile.write(data.table("wav.scp")["A_1"], spoken("A", "1"), 8000)
    with pytest.raises(AudiolabError, match="data: A_1: a rate of 8000 Hz: bands are missing"):
        applied(monkeypatch, toy, tmp_path / "out", data=data.path, targets=["B"])


class Pair:
    """A converter of one pair, which is not asked to convert."""

    convert = voice = None


@pytest.mark.parametrize(
    ("option", "value"),
    [("targets", "A"), ("voices", "x"), ("itself", True), ("encoder", "x"), ("vocoder", "x")],
)
def test_options_of_many_are_refused_for_one_pair(monkeypatch, toy, tmp_path, option, value):
    monkeypatch.setattr("audiolab.tasks.vc.apply.load", lambda *given, does: Pair())
    given = {"model": "pair", "data": toy / "data", "out": tmp_path / "out", option: value}
    with pytest.raises(AudiolabError, match=f"pair: converts one pair of speakers; --{option} is for converters of"):
        command(monkeypatch, apply, "vc", **given)


def converted(monkeypatch, toy, out, *files, **more):
    given = {"model": toy / "run"} | more
    command(monkeypatch, convert, *map(str, files or (toy / "data" / "wav" / "A_1.wav",)), str(out), **given)
    return soundfile.read(out, dtype="float32")[0]


def test_a_file_to_a_training_speaker_and_to_recordings(monkeypatch, toy, tmp_path):
    model, known = audiolab.load(toy / "run"), audiolab.load(toy / "encoder")
    wave = soundfile.read(toy / "data" / "wav" / "A_1.wav", dtype="float32")[0]
    found = converted(monkeypatch, toy, tmp_path / "B.wav", target="B", source_voice="A")
    np.testing.assert_allclose(found, model.convert(wave, RATE, "A", "B"), atol=1e-4)

    folder = tmp_path / "some_wavs" / "in"
    folder.mkdir(parents=True)
    for name in "12":
        soundfile.write(folder / f"{name}.wav", spoken("C", name), RATE)
    target = np.mean([known.embed(soundfile.read(folder / f"{name}.wav")[0], RATE) for name in "12"], axis=0)
    for given in (folder.parent, [folder / "1.wav", folder / "2.wav"]):
        found = converted(monkeypatch, toy, tmp_path / "C.wav", target=given, encoder=toy / "encoder")
        expected = model.convert(wave, RATE, known.embed(wave, RATE), target)
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_style_losses_encoder_is_the_models_own(monkeypatch, toy, tmp_path):
    sizes = {"speaker_encoder": str(toy / "encoder"), "speaker_encoder_sizes": {"hidden": 8, "layers": 1}}
    run = converter(tmp_path / "styled", weights={"style": 1.0}, **sizes)
    own = converted(monkeypatch, toy, tmp_path / "own.wav", model=run, target="B")
    given = converted(monkeypatch, toy, tmp_path / "given.wav", model=run, target="B", encoder=toy / "encoder")
    np.testing.assert_array_equal(own, given)
    (toy / "encoder").rename(toy / "moved")
    try:
        with pytest.raises(
            AudiolabError, match=r"styled: its config names the speaker encoder .*give that run as --encoder"
        ):
            converted(monkeypatch, toy, tmp_path / "none.wav", model=run, target="B")
    finally:
        (toy / "moved").rename(toy / "encoder")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, r"give --target, a folder of recordings or one of: \['A', 'B'\]"),
        ({"target": "b"}, "b: no such file or folder, and no training speaker of .*run; known are: A, B"),
        ({"target": "B"}, "names no speaker encoder"),
        ({"target": ["A", "B"]}, "A: is a training speaker of .*run; give one alone, or recordings"),
        ({"target": ""}, "'': no such file or folder, and no training speaker"),
        ({"target": "empty", "encoder": "encoder"}, "empty: no recording in it"),
        ({"target": "B", "encoder": "run"}, "does not embed"),
        ({"target": "B", "encoder": "other"}, r"other: its embeddings: of shape \(7,\), and .* by 6 values"),
        ({"target": "B", "reverse": True}, "are for one pair"),
    ],
)
def test_voices_that_are_not_known(monkeypatch, toy, tmp_path, more, message):
    monkeypatch.chdir(toy)
    (toy / "empty").mkdir(exist_ok=True)
    if not (toy / "other").exists():
        encoder(toy / "other", size=7)
    with pytest.raises(AudiolabError, match=message) as caught:
        converted(monkeypatch, toy, tmp_path / "o.wav", **more)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "o.wav").exists()


def one_hot(folder):
    """Write a run of a converter that is told A and B by one-hot vectors."""
    folder.mkdir(exist_ok=True)
    return converter(folder, told=2, embedding=None, voices=np.eye(2, dtype=np.float32))


def test_one_hot_speakers_are_the_training_speakers(monkeypatch, toy, tmp_path):
    run, recording = one_hot(tmp_path / "one_hot"), toy / "data" / "wav" / "C_3.wav"
    found = converted(monkeypatch, toy, tmp_path / "o.wav", model=run, target="B", source_voice="A")
    assert np.isfinite(found).all()
    for more in ({"target": "B"}, {"target": recording, "source_voice": "A"}):
        with pytest.raises(AudiolabError, match=r"one_hot: is told speakers by one-hot vectors, .*: \['A', 'B'\]"):
            converted(monkeypatch, toy, tmp_path / "p.wav", model=run, encoder=toy / "encoder", **more)
    assert not (tmp_path / "p.wav").exists()


@pytest.mark.parametrize("option", ["target", "source_voice"])
def test_recordings_of_a_voice_are_not_written_over(monkeypatch, toy, tmp_path, option):
    """Whether they are named or lie in a folder."""
    folder = tmp_path / "voice"
    folder.mkdir()
    path = folder / "1.wav"
    path.write_bytes((toy / "data" / "wav" / "C_3.wav").read_bytes())
    before = path.read_bytes()
    other = {"target": "B", "source_voice": "A", "encoder": toy / "encoder"}
    for given in (path, folder):
        with pytest.raises(AudiolabError, match=r"1\.wav: is read too, and would be written over"):
            converted(monkeypatch, toy, path, **other | {option: given})
    assert path.read_bytes() == before


def test_voices_are_not_written_over(monkeypatch, toy, tmp_path):
    table = voices(tmp_path / "voices") / "spk_embedding.scp"
    before = table.read_bytes()
    for out in (tmp_path / "voices", tmp_path):
        with pytest.raises(AudiolabError, match="and would be written over"):
            applied(monkeypatch, toy, out, voices=tmp_path / "voices")
    assert table.read_bytes() == before


def test_broken_embeddings_are_named_by_their_table(monkeypatch, toy, tmp_path):
    (tmp_path / "a.ark").write_bytes(b"A \0BFV \4" + np.int32(6).tobytes() + np.full(6, np.nan, np.float32).tobytes())
    (tmp_path / "spk_embedding.scp").write_text(f"A {tmp_path / 'a.ark'}:2\n")
    with pytest.raises(AudiolabError, match=r"spk_embedding\.scp: A: has values that are not finite"):
        applied(monkeypatch, toy, tmp_path / "out", voices=tmp_path)
