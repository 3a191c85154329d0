"""Audio is written as a whole or not at all, and into devices and pipes too."""

import io
import os
import threading
from contextlib import contextmanager

import numpy as np
import pytest
import soundfile

from audiolab.datadir.audiowrite import audio_writer, write_audio
from audiolab.errors import AudiolabError

RATE = 8000


def wave(channels=1):
    return np.random.default_rng(0).uniform(-0.9, 0.9, (5000, channels)).astype(np.float32)


@pytest.fixture
def direct(monkeypatch):
    """What `atomic_write` does with something that is no regular file, or that the shell has open."""

    @contextmanager
    def into(path, mode, name):
        with open(os.open(path, os.O_WRONLY | os.O_APPEND), mode) as file:
            yield file

    monkeypatch.setattr("audiolab.datadir.audiowrite.atomic_write", into)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".aiff", ""])
def test_a_fifo_gets_a_whole_file(tmp_path, direct, suffix):
    """libsndfile would go back to the header, which a pipe does not allow, and leave a wrong length."""
    path, read = tmp_path / f"out{suffix}", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()))
    reader.start()
    with audio_writer(path, RATE, 2, "PCM_16") as write:
        for block in np.array_split(wave(2), 3):
            write(block)
    reader.join(10)
    found, rate = soundfile.read(io.BytesIO(read[0]), dtype="float32")
    assert rate == RATE
    assert found.shape == (5000, 2)
    if suffix != ".ogg":
        np.testing.assert_allclose(found, wave(2), atol=1 / 32768)
    assert path.is_fifo()


def test_a_file_that_the_shell_has_open_gets_a_whole_file(tmp_path, direct):
    (tmp_path / "out.wav").touch()
    write_audio(tmp_path / "out.wav", wave(), RATE)
    assert soundfile.info(tmp_path / "out.wav").frames == 5000


def test_a_full_device_is_told(direct):
    with pytest.raises((AudiolabError, OSError), match="No space left"):
        write_audio("/dev/full", wave(), RATE)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_not_written(tmp_path, bad):
    path = tmp_path / "a.wav"
    path.write_text("before")
    broken = wave()
    broken[77] = bad
    with pytest.raises(AudiolabError, match=r"a\.wav: samples that are NaN or infinite"):
        write_audio(path, broken, RATE)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_messages_name_the_place_to_which_a_file_is_moved(tmp_path, caplog):
    staged, final = tmp_path / "wav/.tmp/a.wav", tmp_path / "wav/a.wav"
    assert write_audio(staged, 3 * wave(), RATE, name=final) > 0
    with pytest.raises(AudiolabError, match=r"cannot write .*/wav/a\.wav: samples that are NaN"):
        write_audio(staged, np.full(9, np.nan), RATE, name=final)
    with pytest.raises(AudiolabError, match=r"wav/a\.wav: WAV does not take 2000 channels"):
        write_audio(staged, np.zeros((9, 2000)), RATE, name=final)
    staged.unlink()
    staged.mkdir()
    with pytest.raises(AudiolabError, match=r"cannot write .*/wav/a\.wav: it is a folder"):
        write_audio(staged, wave(), RATE, name=final)
    [told] = caplog.messages
    assert told.startswith(f"{final}: ")


def test_clipped_samples_are_counted(tmp_path):
    loud = np.array([0.5, 1.5, -2, 1, -1], np.float32)
    assert write_audio(tmp_path / "a.wav", loud, RATE) == 2
    assert write_audio(tmp_path / "a.wav", loud, RATE, "FLOAT") == 0


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT", "DOUBLE"])
def test_a_file_does_not_hold_when_it_was_written(tmp_path, subtype):
    """libsndfile puts the time into a chunk PEAK of WAVs of floats."""
    write_audio(tmp_path / "a.wav", np.linspace(-0.5, 0.5, 100), 8000, subtype=subtype)
    data = (tmp_path / "a.wav").read_bytes()
    assert b"PEAK" not in data
    np.testing.assert_allclose(soundfile.read(tmp_path / "a.wav")[0], np.linspace(-0.5, 0.5, 100), atol=2**-15)


@pytest.mark.parametrize(
    ("suffix", "subtype", "each"), [("wav", "FLOAT", 4), ("wav", "PCM_24", 3), ("aiff", "PCM_16", 2)]
)
def test_what_runs_over_a_header_of_32_bits_is_refused(tmp_path, monkeypatch, suffix, subtype, each):
    """As it is written, and at once where the length is known; what stood there stays."""
    monkeypatch.setattr("audiolab.datadir.audiowrite.MOST_BYTES", 2 * each * 1000)
    path = tmp_path / f"a.{suffix}"
    write_audio(path, np.zeros((1000, 2)), 16000, subtype)
    before = path.read_bytes()
    with pytest.raises(AudiolabError, match=r"over 4 GiB.*write a \.flac"):
        write_audio(path, np.zeros((1001, 2)), 16000, subtype)
    with (
        pytest.raises(AudiolabError, match="over 4 GiB"),
        audio_writer(path, 16000, 2, subtype, samples=1001),
    ):
        pytest.fail("opened")
    assert path.read_bytes() == before
    for name in ("a.flac", "a.w64"):
        write_audio(tmp_path / name, np.zeros((1001, 2)), 16000, "PCM_16")
