"""Recordings and data dirs through a converter of voices: what is written, limited, told and refused."""

import numpy as np
import pytest
import soundfile
import torch
from recordings import RATE, damage, speech

from audiolab.data.files import convert_file
from audiolab.datadir.audiofile import Recording
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.speech_profile import SpeechProfile
from audiolab.synthesis.envelope_converter import EnvelopeConverter
from audiolab.tasks.vc.apply import convert_data_dir, convert_recording


def converter(most_db=6):
    tilt = torch.linspace(-most_db, most_db, 32)
    profile = SpeechProfile(-30.0, torch.full((32,), -40.0).double(), torch.eye(32).double())
    return EnvelopeConverter(EnvelopeConfig(), 60, profile, lambda mel: mel + tilt)


class Louder:
    """A converter of speaker A to B that doubles the samples, as far as full scale."""

    source, target = "A", "B"

    def convert(self, wave, rate, limiter=None):
        limiter.samples = int((np.abs(2 * wave) > 1).sum())
        return np.clip(2 * wave, -1, 1)


@pytest.mark.parametrize(
    ("name", "subtype", "limited"), [("in.wav", "PCM_16", True), ("in.ogg", None, True), ("in.wav", "FLOAT", False)]
)
def test_what_is_made_of_a_recording_is_limited_unless_its_floats_pass_full_scale(tmp_path, name, subtype, limited):
    """A decoder's overshoot is not the recording's wish."""
    wave = np.clip(9 * speech(3.0), -1, 1) * np.float32(1.2 if subtype == "FLOAT" else 1)
    soundfile.write(tmp_path / name, wave, RATE, subtype)
    assert (np.abs(soundfile.read(tmp_path / name)[0]).max() > 1) == (subtype != "PCM_16")
    convert_recording(converter(), tmp_path / name, tmp_path / "out.wav")
    found, _ = soundfile.read(tmp_path / "out.wav")
    at_the_edge = np.abs(found) >= 1 - 2**-15
    in_a_row = (at_the_edge[:-1] & at_the_edge[1:]).sum()  # clipped, not touched by a limited peak
    assert (np.abs(found).max() <= 1) == limited
    assert in_a_row < 3 or not limited


@pytest.mark.parametrize(("rate", "channels", "subtype"), [(16000, None, "FLOAT"), (22050, 2, "FLOAT")])
def test_a_file_is_converted_as_its_array(tmp_path, monkeypatch, rate, channels, subtype):
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", 3001)
    wave = speech(2.3, rate, channels)
    soundfile.write(tmp_path / "in.wav", wave, rate, subtype)
    convert_file(converter().stream, tmp_path / "in.wav", tmp_path / "new" / "out.wav")
    found, found_rate = soundfile.read(tmp_path / "new" / "out.wav", dtype="float32")
    assert found_rate == rate
    np.testing.assert_allclose(found, converter().convert(wave, rate), atol=2e-7)
    assert soundfile.info(tmp_path / "new" / "out.wav").subtype == subtype
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["out.wav"]


def test_what_cannot_be_converted_is_told_by_the_files_name(tmp_path):
    soundfile.write(tmp_path / "low.wav", speech(rate=8000), 8000)
    with pytest.raises(AudiolabError, match=r"low\.wav: a rate of 8000 Hz: too little of a voice is in it"):
        convert_file(converter().stream, tmp_path / "low.wav", tmp_path / "out.wav")
    assert not (tmp_path / "out.wav").exists()


@pytest.fixture
def data(tmp_path):
    """Return a data dir of speaker A with two utterances, one of another rate, and of speaker C with one."""
    wavs, speakers, text = {}, {}, {}
    for name, rate in (("A_1", RATE), ("A_2", 22050), ("C_1", RATE)):
        soundfile.write(tmp_path / f"{name}.wav", speech(0.4, rate, seed=len(wavs)), rate)
        wavs[name], speakers[name], text[name] = str(tmp_path / f"{name}.wav"), name[0], f"words of {name}"
    return write_data_dir(tmp_path / "data", {"wav.scp": wavs, "utt2spk": speakers, "text": text})


def test_a_data_dir_of_the_sources_utterances(tmp_path, data):
    out = convert_data_dir(Louder(), data, tmp_path / "out", RATE)
    assert out.table("utt2spk") == {"B-A_1": "B", "B-A_2": "B"}
    assert (tmp_path / "out" / "spk2utt").read_text() == "B B-A_1 B-A_2\n"
    assert out.table("utt2source") == {"B-A_1": "A_1", "B-A_2": "A_2"}
    assert out.table("text") == {"B-A_1": "words of A_1", "B-A_2": "words of A_2"}
    doubled = [int((2 * np.abs(soundfile.read(tmp_path / f"{name}.wav")[0]) > 1).sum()) for name in ("A_1", "A_2")]
    assert out.table("utt2limited")["B-A_1"] == str(doubled[0])
    assert [fault for fault in validate(out.path, feats=False) if fault.fatal] == []
    for name, path in out.table("wav.scp").items():
        assert path == str(tmp_path / "out" / "wav" / f"{name}.wav")
        found, rate = soundfile.read(path)
        assert rate == RATE
        assert len(found) == 6400
        assert soundfile.info(path).subtype == "PCM_16"
    np.testing.assert_allclose(
        soundfile.read(out.table("wav.scp")["B-A_1"])[0], 2 * soundfile.read(tmp_path / "A_1.wav")[0], atol=1 / 32768
    )
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    convert_data_dir(Louder(), DataDir(data.path), tmp_path / "out", RATE)
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before
    soundfile.write(tmp_path / "A_1.wav", speech(0.3), RATE)  # which would be converted, before the broken one
    damage(tmp_path / "A_2.wav", "truncated")
    with pytest.raises(AudiolabError, match="A_2"):
        convert_data_dir(Louder(), DataDir(data.path), tmp_path / "out", RATE)
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("rate", [44100, 12000])
def test_recordings_up_to_full_scale_are_limited_at_any_rate(tmp_path, caplog, rate):
    """Resampled, they pass it; what the limiter, or writing after a further resampling, keeps within is all counted."""
    wave = np.clip(8 * speech(2.0, rate), -1, 1)
    soundfile.write(tmp_path / "a.wav", wave, rate)
    tables = {"wav.scp": {"A_1": str(tmp_path / "a.wav")}, "utt2spk": {"A_1": "A"}}
    tilted = converter(20)
    tilted.source, tilted.target = "A", "B"
    out = convert_data_dir(tilted, write_data_dir(tmp_path / "data", tables), tmp_path / "out", RATE)
    told = [int(record.message.split(": ")[1].split()[0]) for record in caplog.records]
    assert out.table("utt2limited")["B-A_1"] == str(sum(told))
    assert any("would have passed full scale: limited" in record.message for record in caplog.records)
    found = soundfile.read(out.table("wav.scp")["B-A_1"])[0]
    assert (np.abs(found) > 1 - 2**-15).sum() <= len(found) / 1000


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "cannot open: No such file"),
        ("empty", "empty, 0 bytes"),
        ("truncated", "truncated"),
        ("stereo", "2 channels where one is wanted"),
        ("silent", "silent, 6400 samples without a peak above .*; record it again, or leave it out"),
        ("NaN", "sample 100 is NaN"),
    ],
)
def test_bad_audio_in_a_data_dir_is_named(tmp_path, data, kind, message):
    path, wave = tmp_path / "A_2.wav", speech(0.4)
    if kind in ("missing", "empty", "truncated"):
        damage(path, kind)
    elif kind == "stereo":
        soundfile.write(path, np.stack([wave, wave], 1), RATE)
    else:
        wave[100] = np.nan
        soundfile.write(path, 0 * speech(0.4) if kind == "silent" else wave, RATE, "FLOAT")
    with pytest.raises(AudiolabError, match=rf"data/wav.scp: A_2: .*A_2.wav: .*{message}") as caught:
        convert_data_dir(Louder(), data, tmp_path / "out", RATE)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "wav.scp").exists()


@pytest.mark.parametrize("name", ["A/../../../elsewhere", "/A_3", "A" * 240])
def test_ids_that_cannot_name_files_are_refused_before_anything_is_written(tmp_path, data, name):
    wavs = data.table("wav.scp") | {name: str(tmp_path / "A_1.wav")}
    odd = write_data_dir(tmp_path / "odd", {"wav.scp": wavs, "utt2spk": data.table("utt2spk") | {name: "A"}})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(AudiolabError, match=r"out/wav: the id 'B-.* files are named by ids"):
        convert_data_dir(Louder(), odd, tmp_path / "out", RATE)
    assert sorted(tmp_path.rglob("*")) == before


def test_nothing_is_written_over_what_is_read(tmp_path, data):
    """Neither a table nor a recording, whether the folder is the data dir, holds it, or holds what it names."""
    (tmp_path / "link").symlink_to(data.path)
    (tmp_path / "there/wav").mkdir(parents=True)
    (tmp_path / "A_1.wav").rename(tmp_path / "there/wav/B-A_1.wav")
    moved = {name: str(tmp_path / "there/wav/B-A_1.wav") for name in data.table("wav.scp")}
    other = write_data_dir(tmp_path / "moved", {"wav.scp": moved, "utt2spk": data.table("utt2spk")})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for source, out in ((data, "data"), (data, "link"), (data, "data/out"), (data, ""), (other, "there")):
        with pytest.raises(AudiolabError, match="would be written over; name a folder apart from it"):
            convert_data_dir(Louder(), source, tmp_path / out, RATE)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_data_dir_without_the_source(tmp_path, data):
    other = Louder()
    other.source = "a"
    with pytest.raises(AudiolabError, match="no utterance of speaker a; known are: A, C"):
        convert_data_dir(other, data, tmp_path / "out", RATE)


class Bass:
    """A converter of A to B that notes at which rates it is asked."""

    source, target = "A", "B"

    def __init__(self, fault=""):
        self.rates, self.fault = [], fault

    def convert(self, wave, rate, limiter=None):
        if self.fault:
            raise AudiolabError(self.fault)
        self.rates.append(rate)
        return wave


def test_recordings_of_a_lower_rate_are_converted_at_their_own(tmp_path, data):
    soundfile.write(tmp_path / "A_2.wav", speech(0.4, 12000), 12000)
    converter = Bass()
    out = convert_data_dir(converter, data, tmp_path / "out", RATE)
    assert converter.rates == [RATE, 12000]
    assert soundfile.info(out.table("wav.scp")["B-A_2"]).samplerate == RATE


@pytest.mark.parametrize("rate", [12000, 44100])
def test_an_offset_does_not_ring_where_a_recording_begins_and_ends(tmp_path, rate):
    """Neither on the way to the converter's rate nor on the way from the recording's own."""
    wave = 0.3 + np.pad(speech(0.5, rate), rate // 4)
    soundfile.write(tmp_path / "a.wav", wave, rate, "FLOAT")
    tables = {"wav.scp": {"A_1": f"{tmp_path}/a.wav"}, "utt2spk": {"A_1": "A"}}
    out = convert_data_dir(Bass(), write_data_dir(tmp_path / "data", tables), tmp_path / "out", RATE)
    found, _ = soundfile.read(out.table("wav.scp")["B-A_1"])
    assert len(found) == RATE
    for end in (found[: RATE // 5], found[-RATE // 5 :]):
        assert np.abs(end - 0.3).max() < 1e-4


def test_only_what_is_at_another_rate_is_read_again(tmp_path, monkeypatch, data):
    places, read = [], Recording.read
    monkeypatch.setattr(Recording, "read", lambda self, *span: places.append(self.where) or read(self, *span))
    convert_data_dir(Bass(), data, tmp_path / "out", RATE)
    assert [place.split(": ")[1] for place in places] == ["A_1", "A_2", "A_2"]


def test_what_is_clipped_is_told_of_the_file_that_is_there(tmp_path, caplog, data):
    loud = Louder()
    loud.convert = lambda wave, rate, limiter: 9 * wave
    out = convert_data_dir(loud, data, tmp_path / "out", RATE)
    assert [message.split(": ")[0] for message in caplog.messages] == list(out.table("wav.scp").values())


def test_what_a_model_says_is_told_with_the_utterance(tmp_path, data):
    with pytest.raises(AudiolabError, match=r"data: A_1: the model makes NaN$"):
        convert_data_dir(Bass("the model makes NaN"), data, tmp_path / "out", RATE)
    assert not (tmp_path / "out" / "wav.scp").exists()


def test_nan_of_a_model_leaves_what_was_there(tmp_path):
    """What SoftGAN and enhancement end with, whatever writes it."""
    soundfile.write(tmp_path / "in.wav", speech(), RATE)
    (tmp_path / "out.wav").write_text("before")
    broken = EnvelopeConverter(EnvelopeConfig(), 60, converter().profile, lambda mel: mel * np.nan)
    with pytest.raises(AudiolabError, match="the model makes NaN or infinite samples, the first is number 0"):
        convert_file(broken.stream, tmp_path / "in.wav", tmp_path / "out.wav")
    assert (tmp_path / "out.wav").read_text() == "before"
