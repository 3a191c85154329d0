"""Enhancement: chunked as whole, a stream as a file, mixture dirs to data dirs, what is wrong in one line."""

import io
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile
from enhancer_folder import heard_once, make_run
from mixture_folder import RATE, harmonic, make_domains, make_sounds

import audiolab
from audiolab.bin import enhance as command
from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import MixtureDir, MixtureSettings
from audiolab.datadir.audio import resample
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.tasks.se.apply import enhance_file, enhance_mixtures, enhance_pcm


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("run") / "source_s0")


@pytest.fixture(scope="module")
def model(run):
    return audiolab.load(run)


def speech(seconds, rate=RATE, channels=None, seed=0):
    generator = np.random.default_rng(seed)
    wave = resample(harmonic(generator, 130, seconds + 0.01), RATE, rate)[: round(seconds * rate)]
    wave = wave * (1 + np.linspace(0, 1, len(wave))) + 0.02 * generator.standard_normal(len(wave))
    wave = wave if channels is None else np.stack([wave / (1 + c) for c in range(channels)], 1)
    return wave.astype(np.float32)


def error_db(found, expected):
    return 20 * np.log10(max(np.abs(found - expected).max(), 1e-12) / np.std(expected))


@pytest.mark.parametrize("widths", [[4, 8, 8], [4, 4, 8, 8, 8]])
@pytest.mark.parametrize("chunk_s", [0.1, 1.0, 3.3])
def test_chunked_and_whole_agree(tmp_path, widths, chunk_s):
    """The whole: the network once over all samples, as in training."""
    model = audiolab.load(make_run(tmp_path / "run", widths=widths))
    wave = speech(9.7)
    whole = heard_once(tmp_path / "run", wave)
    assert error_db(wave / np.std(wave) * np.std(whole), whole) > -10  # it does something
    chunked = np.concatenate(list(model.stream([wave[:, None]], RATE, model.level([wave[:, None]], RATE), chunk_s)))
    assert error_db(chunked[:, 0], whole) < -50
    assert error_db(model.enhance(wave, RATE), whole) < -50


def test_with_aligned_corners_everything_is_heard_first(tmp_path):
    model = audiolab.load(make_run(tmp_path / "run", align_corners=True))
    wave = speech(5)
    whole = heard_once(tmp_path / "run", wave)
    chunked = np.concatenate(list(model.stream([wave[:, None]], RATE, model.level([wave[:, None]], RATE), 0.5)))
    assert error_db(chunked[:, 0], whole) < -50
    assert model.delay_s(1.0) == float("inf")


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_another_rate_is_resampled_there_and_back(model, rate):
    """Sound that the model's rate does not hold changes nothing, not even the level.

    Away from the ends, where there is silence: how they go on is tested in test/synthesis/test_streaming.py.
    """
    wave = (speech(2, rate) * np.hanning(2 * rate)).astype(np.float32)
    expected = resample(model.enhance(resample(wave, rate, RATE), RATE), RATE, rate)
    middle = slice(rate // 50, -rate // 50)
    assert len(expected) == len(wave)
    assert error_db(model.enhance(wave, rate)[middle], expected[middle]) < -50
    if rate > 40000:
        high = np.hanning(len(wave)) * np.sin(2 * np.pi * 15000 * np.arange(len(wave)) / rate)
        found = model.enhance((wave + high).astype(np.float32), rate)
        assert error_db(found[middle], expected[middle]) < -40


@pytest.mark.parametrize("shape", [(0,), (1,), (300,), (20000,), (20000, 1), (20000, 3), (0, 2)])
def test_any_length_and_channel_count(model, shape):
    wave = speech(2, channels=3)[: shape[0], : shape[1] if len(shape) > 1 else 1].reshape(shape)
    found = model.enhance(wave, RATE)
    assert found.shape == shape
    assert found.dtype == np.float32
    for channel in range(shape[1] if len(shape) > 1 and shape[0] else 0):
        assert error_db(found[:, channel], model.enhance(wave[:, channel], RATE)) < -90


@pytest.mark.parametrize(("rate", "channels"), [(16000, None), (44100, 2)])
def test_a_file_is_enhanced_as_its_array(tmp_path, model, monkeypatch, rate, channels):
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", 3001)
    soundfile.write(tmp_path / "in.wav", speech(3, rate, channels), rate, "FLOAT")
    enhance_file(model, tmp_path / "in.wav", tmp_path / "out.wav", 0.7)
    found, found_rate = soundfile.read(tmp_path / "out.wav", dtype="float32")
    assert found_rate == rate
    assert error_db(found, model.enhance(speech(3, rate, channels), rate)) < -50


def test_memory_does_not_grow_with_the_file(tmp_path, model, monkeypatch):
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", 1 << 14)
    peaks = []
    for seconds in (20, 20, 80):  # the first time something may be loaded
        soundfile.write(tmp_path / "in.wav", np.tile(speech(1), seconds), RATE)
        tracemalloc.start()
        enhance_file(model, tmp_path / "in.wav", tmp_path / "out.wav", 2.0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert soundfile.info(tmp_path / "out.wav").frames == 80 * RATE
    assert peaks[2] < 1.2 * peaks[1] < 3e6


def test_a_broken_file_leaves_what_was_there(tmp_path, model):
    soundfile.write(tmp_path / "in.wav", speech(1), RATE)
    (tmp_path / "in.wav").write_bytes((tmp_path / "in.wav").read_bytes()[:9000])
    (tmp_path / "out.wav").write_text("before")
    with pytest.raises(AudiolabError, match=r"in.wav: truncated"):
        enhance_file(model, tmp_path / "in.wav", tmp_path / "out.wav", 2.0)
    assert (tmp_path / "out.wav").read_text() == "before"


def pcm(wave):
    return np.clip(np.rint(wave * 32768), -32768, 32767).astype("<i2").tobytes()


class Trickle(io.BytesIO):
    """Gives as many bytes at a time as it likes, as pipes do."""

    def read1(self, size=-1):
        return super().read1(min(size, 1 + self.tell() % 977))


def streamed(model, data, rate=RATE, channels=1, chunk_s=0.5):
    out = io.BytesIO()
    enhance_pcm(model, Trickle(data), out, rate, channels, chunk_s)
    return np.frombuffer(out.getvalue(), "<i2").reshape(-1, channels) / 32768


@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (16000, 2), (11025, 1), (44100, 2)])
def test_a_stream_is_the_file_once_its_level_is_known(model, rate, channels):
    """The level of what was heard so far comes near to that of the whole; of a signal without a trend at once."""
    wave = np.tile(speech(1, rate, channels), (6, 1)) if channels > 1 else np.tile(speech(1, rate), 6)[:, None]
    found = streamed(model, pcm(wave), rate, channels)
    assert found.shape == wave.shape
    expected = model.enhance(wave, rate)
    assert error_db(found[4 * rate : 5 * rate], expected[4 * rate : 5 * rate]) < -18


def test_a_stream_with_one_chunk_is_the_file(model):
    wave = speech(3)
    found = streamed(model, pcm(wave), chunk_s=10)
    assert error_db(found[:, 0], model.enhance(wave, RATE)) < -50


@pytest.mark.parametrize("chunk_s", [0.5, 0.01, 0.77])
def test_a_stream_comes_out_while_it_goes_in(model, chunk_s):
    """The first sample is out when the delay that is told is in, and not before."""
    delay = round(model.delay_s(chunk_s) * RATE)
    given = []

    def blocks():
        for start in range(0, 4 * RATE, 100):
            given.append(start)
            yield speech(4)[start : start + 100, None]

    next(block for block in model.stream(blocks(), RATE, None, chunk_s) if len(block))
    assert delay - 200 <= given[-1] < delay + 200


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([np.zeros(100, np.float32)], r"a block of float32 \(100,\): give floats \[samples, channels\]"),
        ([np.zeros((100, 1), np.int16)], "a block of int16"),
        ([np.zeros((100, 1), np.float32), np.zeros((100, 2), np.float32)], "a block of 2 channels after others of 1"),
        ([np.zeros((100, 1), np.float32), np.full((100, 1), np.nan, np.float32)], "sample 100 is NaN"),
        ([np.full((100, 1), 8000.0, np.float32)], "sample 0 is 8000 times full scale"),
    ],
)
def test_blocks_that_are_no_audio_are_refused(model, blocks, message):
    with pytest.raises(AudiolabError, match=message):
        list(model.stream(blocks, RATE))


def test_nothing_in_nothing_out_and_a_cut_sample_is_told(model):
    assert streamed(model, b"").size == 0
    data = pcm(speech(1, channels=2))
    out = io.BytesIO()
    with pytest.raises(AudiolabError, match=r"ends 3 bytes into a sample of 4 \(2 channels of 16 bit\)"):
        enhance_pcm(model, Trickle(data[:-1]), out, RATE, 2, 0.5)
    assert len(out.getvalue()) == len(data) - 4


def test_a_stream_that_is_too_loud_is_clipped():
    class Doubler:
        def stream(self, blocks, rate, level, chunk_s):
            return (2 * block for block in blocks)

    found = streamed(Doubler(), np.array([-32768, -16384, -1, 0, 3, 20000], "<i2").tobytes())
    assert (found[:, 0] * 32768).tolist() == [-32768, -32768, -2, 0, 6, 32767]


@pytest.fixture(scope="module")
def mixtures(tmp_path_factory):
    root = tmp_path_factory.mktemp("mixtures")
    make_domains(root, count=3)
    languages = {"x0-a": "de", "x1-a": "fr"}
    make_sounds(root / "speech", {name: harmonic(np.random.default_rng(0), 120, 1.0) for name in languages}, languages)
    settings = MixtureSettings(
        str(root / "speech"), str(root / "source" / "noise"), 4, balance=True, seconds=[0.5, 0.8]
    )
    make_mixtures(settings, root / "test")
    return root / "test"


def test_a_mixture_dir_becomes_a_data_dir(tmp_path, model, mixtures):
    found = enhance_mixtures(model, MixtureDir(mixtures), tmp_path / "out")
    assert [fault for fault in validate(found.path, feats=False, text=False) if fault.fatal] == []
    about, made = DataDir(mixtures), MixtureDir(mixtures)
    for name in ("utt2spk", "utt2lang"):
        assert found.table(name) == about.table(name)
    for index, name in enumerate(made.ids):
        wave, rate = soundfile.read(found.table("wav.scp")[name], dtype="float32")
        noisy = sum(made.parts(index))
        assert rate == RATE
        np.testing.assert_allclose(wave, model.enhance(noisy, RATE), atol=1 / 32768)
    before = {path: path.read_bytes() for path in mixtures.rglob("*") if path.is_file()}
    for out in (mixtures, mixtures / "enhanced", mixtures.parent, mixtures.parent / "speech"):
        with pytest.raises(AudiolabError, match=r"which is read, and would be written over|is read too, and would be"):
            enhance_mixtures(model, made, out)
    assert {path: path.read_bytes() for path in mixtures.rglob("*") if path.is_file()} == before


def test_ids_that_lead_elsewhere_are_refused_before_anything_is_written(tmp_path, model):
    wave = harmonic(np.random.default_rng(0), 120, 1.0)
    for name in ("noisy", "clean"):
        soundfile.write(tmp_path / f"{name}.wav", wave, RATE)
    for name in ("../out", "/tmp/x", "a/b"):
        tables = {"wav.scp": {name: f"{tmp_path}/noisy.wav"}, "spk1.scp": {name: f"{tmp_path}/clean.wav"}}
        pairs = write_data_dir(tmp_path / "pairs", tables | {"utt2spk": {name: "a"}}, replace=True)
        with pytest.raises(AudiolabError, match=rf"out/wav: the id '{name}' has a '/' in it"):
            enhance_mixtures(model, MixtureDir(pairs.path), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean.wav", "noisy.wav", "pairs"]


def enhance(monkeypatch, run, *words):
    monkeypatch.setattr(sys, "argv", ["enhance", "--model", str(run), *map(str, words)])
    command.main()


def test_the_command_takes_files_and_dirs(tmp_path, monkeypatch, run, model, mixtures):
    soundfile.write(tmp_path / "in.wav", speech(1), RATE, "FLOAT")
    enhance(monkeypatch, run, tmp_path / "in.wav", tmp_path / "out.flac")
    found = soundfile.read(tmp_path / "out.flac", dtype="float32")[0]
    assert error_db(found, model.enhance(speech(1), RATE)) < -40
    enhance(monkeypatch, run, "--data", mixtures, "--out", tmp_path / "out")
    assert DataDir(tmp_path / "out").utterances == MixtureDir(mixtures).ids


def test_the_command_streams(run, model):
    wave = speech(2, 8000)
    words = ("--model", run, "--stream", "--rate", 8000, "--chunk_s", 10)
    call = [sys.executable, "-m", "audiolab.bin.enhance", *map(str, words)]
    done = subprocess.run(call, input=pcm(wave), capture_output=True, check=True)
    found = np.frombuffer(done.stdout, "<i2") / 32768
    assert error_db(found, model.enhance(wave, 8000)) < -45
    done = subprocess.run(call, input=pcm(wave)[:-1], capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines()[-1].startswith("error: the input ends 1 bytes into a sample of 2")
    assert len(done.stdout) == len(pcm(wave)) - 2


@pytest.mark.parametrize(
    ("redirected", "status", "message"),
    [
        (">/dev/full", 1, "error: cannot write to standard output: No space left on device"),
        (">&-", 1, "error: standard output is closed; redirect it to a file or a pipe"),
        ("<&- >/dev/null", 1, "error: standard input is closed; redirect it to a file or a pipe"),
        ("| head -c 100 >/dev/null", 141, "output comes"),
    ],
)
def test_streams_that_cannot_be_used(tmp_path, run, redirected, status, message):
    (tmp_path / "in").write_bytes(pcm(speech(4)))
    command = f"{sys.executable} -m audiolab.bin.enhance --model {run} --stream --chunk_s 0.1 <{tmp_path}/in"
    script = f"set -o pipefail; {command} {redirected}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert message in done.stderr.splitlines()[-1]


def test_clipping_of_a_stream_is_counted():
    class Doubler:
        def stream(self, blocks, rate, level, chunk_s):
            return (2 * block for block in blocks)

    data = np.array([-32768, -16384, -1, 0, 3, 20000, 16384], "<i2").tobytes()
    assert enhance_pcm(Doubler(), Trickle(data), io.BytesIO(), RATE, 1, 0.5) == 2


def test_clipping_of_mixtures_is_told(tmp_path, mixtures, caplog):
    class Loud:
        def enhance(self, wave, rate):
            return wave * np.float32(100)

    enhance_mixtures(Loud(), MixtureDir(mixtures), tmp_path / "out")
    assert f"{tmp_path}/out: 4 of 4 files have samples over full scale, which are clipped" in caplog.messages
    counts = DataDir(tmp_path / "out").table("utt2clipped")
    wave = (sum(MixtureDir(mixtures).parts(0)) * np.float32(100)).astype(np.float64)
    assert counts[MixtureDir(mixtures).ids[0]] == str((np.abs(wave) > 1).sum())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "give in.wav and out.wav, or --data and --out, or --stream"),
        (("in.wav",), "give in.wav and out.wav"),
        (("in.wav", "out.wav", "--stream"), "--stream is for standard input and output; leave out the files"),
        (("--data", "x"), "give in.wav and out.wav"),
        (("in.wav", "out.wav", "--rate", "8000"), "--rate and --channels are for --stream"),
        *((("--stream", "--chunk_s", text), rf"--chunk_s: '{text}' is no number") for text in ("0", "nan", "1e9", "x")),
        *((("--stream", "--channels", text), rf"--channels: '{text}' is no number") for text in ("0", "65", "1.5")),
        *((("--stream", "--rate", text), rf"--rate: '{text}' is no number") for text in ("0", "3", "2000000", "-8000")),
        (("gone.wav", "out.wav"), "gone.wav: cannot open"),
        (("--data", "gone", "--out", "x"), "gone: no mixture dir"),
    ],
)
def test_wrong_options_are_told(tmp_path, monkeypatch, run, words, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AudiolabError, match=message):
        enhance(monkeypatch, run, *words)
    assert list(tmp_path.iterdir()) == []


def test_models_that_do_not_enhance_are_told(tmp_path, monkeypatch):
    other = make_run(tmp_path / "run", "se_domain_classifier")
    with pytest.raises(AudiolabError, match="run: a model of system se_domain_classifier, which does not enhance"):
        enhance(monkeypatch, other, "in.wav", "out.wav")
    aligned = make_run(tmp_path / "aligned", align_corners=True)
    with pytest.raises(AudiolabError, match="aligned: was trained with align_corners"):
        enhance(monkeypatch, aligned, "--stream")


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "AIFF"])
def test_a_file_with_a_header_is_no_pcm(model, kind):
    file = io.BytesIO()
    soundfile.write(file, np.zeros(1000), RATE, format=kind)
    with pytest.raises(AudiolabError, match=r"the input is an audio file, not PCM as it is"):
        enhance_pcm(model, Trickle(file.getvalue()), io.BytesIO(), RATE, 1, 0.5)


def test_a_stream_is_rounded_to_the_nearest_number_of_16_bit():
    class Quieter:
        def stream(self, blocks, rate, level, chunk_s):
            return (np.float32(0.3) * block for block in blocks)

    given = np.arange(-3000, 3000, dtype="<i2")
    found = 32768 * streamed(Quieter(), given.tobytes())[:, 0]
    assert np.abs(found - 0.3 * given).max() < 0.5001
