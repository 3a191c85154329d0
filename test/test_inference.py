"""A trained model outside of its recipe: loaded from a folder or a zip, used on any audio, and refused when broken."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import soundfile
import torch

import audiolab
from audiolab.bin import convert
from audiolab.config import from_dict, save_yaml, to_dict
from audiolab.data.speakers import SpeakerStatistics
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.features.f0 import estimate_f0
from audiolab.features.speech_profile import SpeechProfile
from audiolab.report.packing import pack
from audiolab.synthesis.speechlike import speech_like
from audiolab.systems.softgan.system import SoftGAN
from audiolab.training.config import run_config_class
from audiolab.training.export import save_model

RATE = 16000
RUN = {
    "system": "softgan",
    "system_conf": {
        "bands": 32,
        "frames": 128,
        "generator": {"channels": [4, 8]},
        "discriminator": {"channels": [4, 4, 4, 4], "hidden": 8},
    },
    "data_conf": {"train_dir": "dump", "source": "X", "target": "Y"},
    "trainer": {"max_steps": 7},
}
F0 = {"X": 120.0, "Y": 180.0}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a training run's folder as training leaves it, with random weights."""
    folder = tmp_path_factory.mktemp("trained") / "X-Y_s0"
    folder.mkdir()
    config = from_dict(run_config_class(SoftGAN), RUN)
    torch.manual_seed(0)
    system = SoftGAN(config.system_conf)
    system.analysis.values = to_dict(EnvelopeConfig())
    for speaker, (name, f0) in zip((system.speaker_x, system.speaker_y), F0.items()):
        level = -60 + 10 * torch.rand(32)
        profile = SpeechProfile(-30.0, level.double(), 64 * torch.eye(32).double())
        order = round(RATE / 2 / (1.3 * f0))
        statistics = SpeakerStatistics(name, order, f0, level, torch.full((32,), 8.0), profile)
        speaker.set(statistics, level, torch.full((32,), 8 / 15))
    save_model(folder / "model.pt", "softgan", 7, system.state_dict(), SoftGAN.exports)
    save_yaml(config, folder / "config.yaml")
    start = {"versions": {"torch": "2"}, "commit": "abc", "command": "train", "start": "2026-01-02T03:04:05"}
    (folder / "run.json").write_text(json.dumps(start))
    return folder


@pytest.fixture(scope="module")
def model(run):
    return audiolab.load(run)


def test_loading_a_model_leaves_the_compiler_alone(run):
    """Which takes as long as PyTorch itself; in a process of its own, for training loads it."""
    program = "import sys, audiolab; audiolab.load(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, str(run)], capture_output=True, text=True, check=True)
    assert "torch.nn" in done.stdout.split()
    assert "torch._dynamo" not in done.stdout.split()


@pytest.fixture
def broken(run, tmp_path):
    return shutil.copytree(run, tmp_path / "run")


def speech(seconds=0.5, rate=RATE, seed=0):
    return speech_like(seconds, rate, 120, np.random.default_rng(seed)).astype(np.float32)


def test_folder_and_zip_give_the_same(run, model, tmp_path):
    pack(run, tmp_path / "model.zip", "convert")
    wave = speech()
    converted = model.convert(wave, RATE)
    assert np.array_equal(audiolab.load(tmp_path / "model.zip").convert(wave, RATE), converted)
    assert np.array_equal(audiolab.load(str(run)).convert(wave, RATE), converted)
    assert (model.source, model.target) == ("X", "Y")


@pytest.mark.parametrize("rate", [12000, 16000, 44100, 96000])
@pytest.mark.parametrize("shape", [(0,), (1,), (2,), (799,), (5000,), (1, 2), (5000, 1), (5000, 3), (0, 2)])
def test_any_rate_length_and_channel_count(model, rate, shape):
    wave = 0.1 * np.random.default_rng(0).standard_normal(shape)
    converted = model.convert(wave, rate)
    assert converted.shape == shape
    assert converted.dtype == np.float32
    assert np.isfinite(converted).all()


def test_what_is_silent_stays_silent_and_speech_is_changed(model):
    assert not model.convert(np.zeros(4000), RATE).any()
    wave = speech()
    difference = model.convert(wave, RATE) - wave
    assert np.sum(difference**2) > 0.01 * np.sum(wave**2)


def test_reverse_is_the_other_generator(model):
    wave = speech()
    there, back = model.convert(wave, RATE), model.convert(wave, RATE, reverse=True)
    assert not np.allclose(there, back, atol=1e-3)
    voice = model.voice(reverse=True)
    assert (voice.source, voice.target) == ("Y", "X")
    assert np.array_equal(voice.convert(wave, RATE), back)


@pytest.mark.parametrize(("f0", "reverse", "ratio"), [("keep", False, 1), ("speakers", False, 1.5), (0.8, True, 0.8)])
def test_f0_is_kept_or_moved(model, f0, reverse, ratio):
    wave = speech(1.5)
    assert model.voice(reverse, f0).ratio == pytest.approx(ratio)
    before, after = (
        estimate_f0(w.astype(float), RATE) for w in (wave, model.convert(wave, RATE, reverse=reverse, f0=f0))
    )
    voiced = (before > 0) & (after > 0)
    assert voiced.sum() > 50
    assert np.median(after[voiced] / before[voiced]) == pytest.approx(ratio, rel=0.02)


def test_reversed_f0_is_the_inverse_ratio(model):
    assert model.voice(reverse=True, f0="speakers").ratio == pytest.approx(1 / 1.5)


@pytest.mark.parametrize(
    ("wave", "rate", "message"),
    [
        (np.zeros(9, np.int16), RATE, "type int16: give floats with full scale"),
        (np.zeros((2, 900)), RATE, r"shape \(2, 900\): give \[samples\] or"),
        (np.zeros((3, 3, 3)), RATE, "shape"),
        (np.array([0.1, np.nan]), RATE, "NaN or infinite"),
        (np.array([0.1, 0.2, -1e39]), RATE, "sample 2 is 1e[+]39 times full scale; give floats within"),
        (np.array([[0.1, 0.2], [16384.0, 3.0]]), RATE, "sample 1 is 1.638e[+]04 times full scale.*divide by 32768"),
        (np.zeros(9), 0, "a rate of 0 Hz"),
        (np.zeros(9), 1, "a rate of 1 Hz: give the audio's own, 1000 to 1000000 Hz"),
        (np.zeros(9), np.nan, "a rate of nan Hz"),
        (np.zeros(9), np.inf, "a rate of inf Hz"),
        (np.zeros(9), "16000", "a rate of '16000' Hz"),
        (np.zeros(9), None, "a rate of None Hz"),
    ],
)
def test_arrays_that_are_no_audio(model, wave, rate, message):
    with pytest.raises(AudiolabError, match=message):
        model.convert(wave, rate)


@pytest.mark.parametrize(("f0", "message"), [("high", "'keep', 'speakers' or a factor, not 'high'"), (9, "0.25 and 4")])
def test_f0_that_cannot_be(model, f0, message):
    with pytest.raises(AudiolabError, match=message):
        model.voice(f0=f0)


class Code:
    """What would run on load, if it were let."""

    def __reduce__(self):
        return os.mkdir, ("harm",)


def content(run):
    return torch.load(run / "model.pt", weights_only=True)


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def edit_config(old, new):
    def edit(run):
        text = (run / "config.yaml").read_text()
        assert old in text
        (run / "config.yaml").write_text(text.replace(old, new))

    return edit


FAULTS = {
    "no model": (lambda run: (run / "model.pt").unlink(), "has no model.pt; give a training run's folder"),
    "no config": (lambda run: (run / "config.yaml").unlink(), "has no config.yaml; give a training run's folder"),
    "truncated": (
        lambda run: os.truncate(run / "model.pt", (run / "model.pt").stat().st_size // 2),
        "model.pt: broken",
    ),
    "one bit": (lambda run: flip(run / "model.pt"), "model.pt: broken: the checksum"),
    "empty": (lambda run: (run / "model.pt").write_bytes(b""), "model.pt: broken"),
    "code": (lambda run: torch.save(content(run) | {"x": Code()}, run / "model.pt"), "perhaps code, and is refused"),
    "pickle": (lambda run: (run / "model.pt").write_bytes(pickle.dumps(Code())), "model.pt: broken or no file of"),
    "old pickle": (
        lambda run: torch.save({"x": Code()}, run / "model.pt", _use_new_zipfile_serialization=False),
        "model.pt: broken or no file of",
    ),
    "tensor": (lambda run: torch.save(torch.ones(2), run / "model.pt"), "not written by audiolab's trainer"),
    "other format": (lambda run: torch.save(content(run) | {"format": 2}, run / "model.pt"), "format 2, but"),
    "state lost": (lambda run: torch.save(content(run) | {"state": {}}, run / "model.pt"), "does not fit config.yaml"),
    "other sizes": (edit_config("- 8", "- 16"), "does not fit config.yaml; take both from one training"),
    "no system": (edit_config("system:", "systen:"), "names no system"),
    "other system": (
        edit_config("softgan", "softgam"),
        "model.pt: of system softgan, but the config.yaml beside it is of softgam; take both from one training",
    ),
    "misspelt key": (edit_config("rho_gen", "rho_gan"), "unknown key 'rho_gan'; did you mean 'rho_gen'"),
    "no YAML": (lambda run: (run / "config.yaml").write_text("a: [1"), "config.yaml:1: not valid YAML: expected"),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("packed", [False, True])
def test_broken_models_are_told_in_one_line(broken, tmp_path, monkeypatch, name, packed):
    monkeypatch.chdir(tmp_path)
    damage, message = FAULTS[name]
    damage(broken)
    path = broken
    if packed:
        path = tmp_path / "model.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(broken.iterdir()):
                archive.write(file, file.name)
    with pytest.raises(AudiolabError) as caught:
        audiolab.load(path)
    told = str(caught.value)
    assert message in told
    assert told.startswith(str(path))
    assert "\n" not in told
    assert not (tmp_path / "harm").exists()


def test_what_is_no_model_at_all(run, tmp_path):
    with pytest.raises(AudiolabError, match="no such model; give a training run's folder"):
        audiolab.load(tmp_path / "nosuch")
    (tmp_path / "text.zip").write_text("no zip")
    with pytest.raises(AudiolabError, match="neither a folder nor a sound zip"):
        audiolab.load(tmp_path / "text.zip")
    with pytest.raises(AudiolabError, match="device 'gpu' cannot be used here; take cpu"):
        audiolab.load(run, "gpu")


def command(monkeypatch, run, *arguments):
    monkeypatch.setattr("sys.argv", ["convert", "--model", str(run), *map(str, arguments)])
    convert.main()


def test_the_command_does_what_the_call_does(run, model, tmp_path, monkeypatch):
    wave = speech(0.6, 22050)
    soundfile.write(tmp_path / "in.wav", wave, 22050, subtype="FLOAT")
    command(monkeypatch, run, tmp_path / "in.wav", tmp_path / "out.wav", "--reverse", "--f0", "1.2")
    found, rate = soundfile.read(tmp_path / "out.wav", dtype="float32")
    assert rate == 22050
    assert np.array_equal(found, model.convert(wave, 22050, reverse=True, f0=1.2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in.wav"], "give in.wav and out.wav, or --data and --out"),
        (["in.wav", "out.wav", "--out", "x"], "give in.wav and out.wav, or --data and --out"),
        (["in.wav", "out.wav", "--f0", "low"], "not 'low'"),
        (["in.wav", "out.wav", "--conversion.window_frame", "9"], "did you mean '--conversion.window_frames'"),
        (["in.wav", "out.wav", "--conversion.window_frames", "9"], "window_frames must be even"),
        (["in.wav", "out.wav", "--device", "gpu"], "device 'gpu' cannot be used"),
    ],
)
def test_the_command_refuses(run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AudiolabError, match=message):
        command(monkeypatch, run, *arguments)
    assert not list(tmp_path.iterdir())
