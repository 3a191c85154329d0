import os
import shutil
import struct
import subprocess

import kaldiio
import numpy as np
import pytest
import soundfile

from audiolab.datadir.audio import load_utterance, read_excerpt
from audiolab.datadir.audiofile import audio_info, read_wav
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError

RATE = 8000


def noise(samples=RATE, channels=1, seed=0):
    shape = samples if channels == 1 else (samples, channels)
    return np.random.default_rng(seed).integers(-20000, 20000, shape).astype(np.int16)


@pytest.fixture
def wav(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(), RATE)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_are_those_written(tmp_path, suffix, channels):
    written = noise(channels=channels)
    soundfile.write(tmp_path / f"a.{suffix}", written, RATE)
    samples, rate = read_wav(tmp_path / f"a.{suffix}")
    assert rate == RATE
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, written / np.float32(32768))
    assert audio_info(tmp_path / f"a.{suffix}") == (RATE, RATE, channels)


def test_audio_in_archives(tmp_path):
    ark, scp = str(tmp_path / "a.ark"), str(tmp_path / "a.scp")
    first, second = noise(seed=1), noise(seed=2)
    kaldiio.save_ark(ark, {"x": (RATE, first), "y": (RATE, second)}, scp=scp)
    entries = read_table(scp)
    np.testing.assert_array_equal(read_wav(entries["x"])[0], first / np.float32(32768))
    np.testing.assert_array_equal(read_wav(entries["y"])[0], second / np.float32(32768))
    kaldiio.save_ark(
        ark, {"x": (first, RATE), "y": (second, RATE)}, scp=scp, write_function="soundfile",
        write_kwargs={"format": "flac", "subtype": "PCM_16"},
    )  # fmt: skip
    entries = read_table(scp)
    np.testing.assert_array_equal(read_wav(entries["y"])[0], second / np.float32(32768))
    with pytest.raises(AudiolabError, match="no audio at byte 1;"):
        read_wav(f"{ark}:1")


def test_commands_run_only_when_allowed(wav):
    entry = f"cat {wav} | cat |"
    with pytest.raises(AudiolabError, match="--allow_pipes"):
        read_wav(entry)
    np.testing.assert_array_equal(read_wav(entry, allow_pipes=True)[0], read_wav(wav)[0])
    with pytest.raises(AudiolabError, match=r"ended with code 1: cat: .*nosuch"):
        read_wav("cat nosuch.wav | cat |", allow_pipes=True)


def test_lengths_that_a_pipe_cannot_know(wav):
    data = bytearray(wav.read_bytes())
    for length in (0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000):
        data[40:44] = struct.pack("<I", length)
        wav.write_bytes(data)
        assert len(read_wav(wav)[0]) == RATE
    if shutil.which("sox"):
        piped = subprocess.run(["sox", "-n", "-r", "8000", "-t", "wav", "-", "synth", "0.5", "sine", "300"],
                               capture_output=True, check=True).stdout  # fmt: skip
        wav.write_bytes(piped)
        assert len(read_wav(wav)[0]) == RATE // 2


def truncate(path):
    path.write_bytes(path.read_bytes()[:-1001])


def header_only(path):
    soundfile.write(path, np.zeros(0, np.int16), RATE)


def not_finite(path):
    samples = np.zeros(RATE, np.float32)
    samples[[5, 7]] = np.nan, np.inf
    soundfile.write(path, samples, RATE, subtype="FLOAT")


@pytest.mark.parametrize(
    ("breaking", "message"),
    [
        (lambda path: path.unlink(), "cannot open: No such file or directory"),
        (lambda path: path.write_bytes(b""), "empty, 0 bytes"),
        (header_only, "empty, no samples"),
        (lambda path: path.write_bytes(b"RIFF" + b"x" * 50), "no audio that can be read"),
        (truncate, "truncated: 1001 bytes fewer than its header promises"),
        (lambda path: path.write_bytes(path.read_bytes()[:30]), "no audio that can be read|truncated"),
        (lambda path: soundfile.write(path, noise(channels=2), RATE), "2 channels where one is wanted.*channels mix"),
        (not_finite, "sample 5 is NaN or infinite;"),
        (lambda path: soundfile.write(path, np.full(9, 0.3), RATE), "silent, 9 samples without a peak"),
        (lambda path: soundfile.write(path, np.zeros(9), RATE), "silent, 9 samples without a peak"),
    ],
)
def test_broken_audio_is_refused_in_one_line_with_utterance_and_file(wav, breaking, message):
    breaking(wav)
    datadir = write_data_dir(wav.parent / "data", {"utt2spk": {"s-1": "s"}, "wav.scp": {"s-1": str(wav)}})
    with pytest.raises(AudiolabError, match=message) as caught:
        load_utterance(datadir, "s-1", allow_silent=False)
    assert "s-1" in str(caught.value)
    assert str(wav) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_truncated_flac(tmp_path):
    path = tmp_path / "a.flac"
    soundfile.write(path, noise(), RATE)
    truncate(path)
    with pytest.raises(AudiolabError, match=r"truncated|broken audio"):
        read_wav(path)


def test_channels(tmp_path):
    stereo = noise(channels=2)
    soundfile.write(tmp_path / "a.wav", stereo, RATE)
    mixed = read_excerpt(tmp_path / "a.wav", RATE, channels="mix")
    np.testing.assert_allclose(mixed, stereo.mean(axis=1) / 32768, atol=1e-7)


def test_resampling_keeps_a_sine(tmp_path):
    time = np.arange(RATE) / RATE
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 440 * time), RATE, subtype="FLOAT")
    samples = read_excerpt(tmp_path / "a.wav", 22050)
    assert samples.dtype == np.float32
    assert len(samples) == 22050
    wanted = 0.5 * np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    np.testing.assert_allclose(samples[500:-500], wanted[500:-500], atol=1e-3)


@pytest.mark.parametrize(("frequency", "least", "most"), [(3600, -0.01, 0.01), (4100, -999, -130), (7000, -999, -130)])
def test_resampling_keeps_what_the_rate_holds_and_nothing_else(tmp_path, frequency, least, most):
    """Of a sine at 16 kHz brought to 8 kHz: all of it below 3.6 kHz, below 20 bit of it beyond 4.1 kHz."""
    soundfile.write(tmp_path / "a.wav", np.sin(2 * np.pi * frequency * np.arange(32000) / 16000), 16000, "DOUBLE")
    inner = read_excerpt(tmp_path / "a.wav", RATE)[2000:-2000].astype(np.float64)
    assert least < 10 * np.log10(2 * np.mean(inner**2)) < most


@pytest.mark.parametrize(("part", "first", "stop"), [(0.4, 4000, 6000), (0.6, 4001, 6001)])
def test_segments_begin_and_end_with_the_nearest_sample(tmp_path, wav, part, first, stop):
    segments = {"s-1": f"r {(4000 + part) / RATE} {(6000 + part) / RATE}"}
    data = write_data_dir(
        tmp_path / "data", {"utt2spk": {"s-1": "s"}, "wav.scp": {"r": str(wav)}, "segments": segments}
    )
    np.testing.assert_array_equal(load_utterance(data, "s-1")[0], read_wav(wav)[0][first:stop])


def test_segments_read_their_piece(tmp_path, wav):
    whole = read_wav(wav)[0]
    segments = {"s-1": "r 0 0.5", "s-2": "r 0.5 1.005"}
    tables = {"utt2spk": {"s-1": "s", "s-2": "s"}, "wav.scp": {"r": str(wav)}, "segments": segments}
    datadir = write_data_dir(tmp_path / "data", tables)
    pieces = [load_utterance(datadir, utterance) for utterance in datadir.utterances]
    assert [rate for _, rate in pieces] == [RATE, RATE]
    np.testing.assert_array_equal(np.concatenate([samples for samples, _ in pieces]), whole)
    datadir = write_data_dir(tmp_path / "data", {**tables, "segments": {"s-1": "r 0.5 1.5", "s-2": "r 2 3"}})
    with pytest.raises(AudiolabError, match=r"s-1.*the segment ends at 1.5 s, the recording at 1.000 s"):
        load_utterance(datadir, "s-1")
    with pytest.raises(AudiolabError, match=r"no utterance 's-3'"):
        load_utterance(DataDir(tmp_path / "data"), "s-3")


def test_a_colon_or_bracket_in_a_file_name(tmp_path):
    for name in ("a:12.wav", "b:12", "c[0:3]"):
        soundfile.write(tmp_path / name, noise(), RATE, format="WAV")
        assert len(read_wav(tmp_path / name)[0]) == RATE


def test_a_pipe_is_refused_with_what_to_do():
    reading, writing = os.pipe()
    with pytest.raises(AudiolabError, match=r"it is a pipe or a device; write what it gives to a file first$"):
        read_wav(f"/dev/fd/{reading}")
    os.close(reading), os.close(writing)


def test_a_pipe_that_nobody_writes_into_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AudiolabError, match=r"pipe: cannot open: it is a pipe or a device; write what it gives"):
        read_wav(tmp_path / "pipe")
