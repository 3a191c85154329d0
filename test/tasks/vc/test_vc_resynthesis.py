"""Speech that only went through the vocoder: as often as there are targets, the same audio, none of it converted."""

import numpy as np
import pytest
import soundfile
from commands import command
from many_voices import data_dir

from audiolab.bin import resynthesise
from audiolab.datadir.audio import load_utterance
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.features.log_mel_config import LogMelConfig

UTTERANCES = ("A_1", "A_2", "B_1", "C_3")


@pytest.fixture
def made(monkeypatch, tmp_path):
    """Return a function that resynthesises a data dir of three speakers for targets."""
    data_dir(tmp_path / "data", list(UTTERANCES))

    def call(*targets, out="out", **more):
        command(monkeypatch, resynthesise, "--targets", *targets, data=tmp_path / "data", out=tmp_path / out, **more)
        return DataDir(tmp_path / out)

    return call


def test_every_utterance_stands_for_every_target_but_its_own_speaker(made):
    found = made("A", "C")
    expected = {f"{target}-{u}": (target, u) for target in "AC" for u in UTTERANCES if u[0] != target}
    assert found.table("utt2spk") == {name: target for name, (target, _) in expected.items()}
    assert found.table("utt2source") == {name: source for name, (_, source) in expected.items()}
    assert found.table("text")["C-A_2"] == "deer"
    assert set(found.table("utt2lang").values()) == {"en"}
    assert [fault for fault in validate(found.path, feats=False) if fault.fatal] == []
    np.testing.assert_array_equal(*(load_utterance(found, f"{target}-B_1")[0] for target in "AC"))


def test_it_is_the_speech_that_was_given(made, tmp_path):
    found, extract = made("C"), LogMel(LogMelConfig())
    for utterance in ("A_1", "B_1"):
        given, rate = soundfile.read(tmp_path / "data/wav" / f"{utterance}.wav", dtype="float32")
        heard, at = load_utterance(found, f"C-{utterance}")
        assert (at, heard.shape) == (rate, given.shape)
        before, after = (extract(wave, np.random.default_rng(0)) for wave in (given, heard))
        assert np.abs(before - after)[2:-2].mean() < 0.03  # 3 dB
        assert np.abs(heard - given).max() > 1e-3  # its phases are the vocoder's


def test_jobs_make_the_same(made):
    whole = made("A", "C")
    for job in (1, 2):
        made("A", "C", out="jobs", nj=2, job=job)
    joined = made("A", "C", out="jobs", nj=2, join=True)
    assert joined.utterances == whole.utterances
    for utterance in whole.utterances:
        np.testing.assert_array_equal(*(load_utterance(each, utterance)[0] for each in (whole, joined)))


def test_jobs_share_what_there_is(made, tmp_path):
    """Not the utterances of a speaker who is the only target."""
    for job, utterance in enumerate(("A_1", "A_2", "C_3"), start=1):
        made("B", out="jobs", nj=3, job=job)
        assert DataDir(tmp_path / "jobs" / "parts" / f"{job}_of_3").utterances == [f"B-{utterance}"]
    assert made("B", out="jobs", nj=3, join=True).utterances == ["B-A_1", "B-A_2", "B-C_3"]


def test_what_is_limited_is_counted(made, tmp_path):
    square = np.where(np.arange(16000) // 50 % 2, 1.0, -1.0)
    soundfile.write(tmp_path / "data" / "wav" / "B_1.wav", square, 16000)
    limited = made("A").table("utt2limited")
    assert int(limited["A-B_1"]) > 100
    assert int(limited["A-C_3"]) == 0


def test_a_target_alone_is_told(monkeypatch, tmp_path):
    data_dir(tmp_path / "data", ["A_1"])
    with pytest.raises(AudiolabError, match="no utterance of another speaker than A"):
        command(monkeypatch, resynthesise, "--targets", "A", data=tmp_path / "data", out=tmp_path / "out")
