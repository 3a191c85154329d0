"""Audio files through what makes others of them: written as a whole or not at all, in any format, any length."""

import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
import soundfile
from recordings import RATE, damage, speech

from audiolab.data.files import convert_file
from audiolab.errors import AudiolabError


def halve(blocks, rate):
    return (block / 2 for block in blocks)


@pytest.mark.parametrize(
    ("source", "out", "subtype"),
    [
        ("in.wav", "out.flac", "PCM_16"),  # FLAC has no floats
        ("in.flac", "out.wav", "PCM_24"),
        ("in.flac", "out.FLAC", "PCM_24"),
        ("in.mp3", "out.wav", "PCM_16"),
        ("in.wav", "out.ogg", "VORBIS"),
    ],
)
def test_the_ending_names_the_format(tmp_path, source, out, subtype):
    kinds = {"in.wav": "FLOAT", "in.flac": "PCM_24", "in.mp3": None}
    soundfile.write(tmp_path / source, speech(), RATE, kinds[source])
    convert_file(halve, tmp_path / source, tmp_path / out)
    before, after = soundfile.info(tmp_path / source), soundfile.info(tmp_path / out)
    assert (after.frames, after.samplerate, after.channels) == (before.frames, RATE, 1)
    assert (after.format, after.subtype) == (out[4:].upper(), subtype)


def test_a_recording_is_not_written_over(tmp_path):
    soundfile.write(tmp_path / "a.wav", speech(), RATE, "FLOAT")
    before = (tmp_path / "a.wav").read_bytes()
    with pytest.raises(AudiolabError, match=r"a\.wav: is read too, and would be written over; name another file"):
        convert_file(halve, tmp_path / "a.wav", tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes() == before


def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", 1 << 14)
    peaks = []
    for minutes in (1, 1, 4):  # the first time something may be loaded
        with soundfile.SoundFile(tmp_path / "in.wav", "w", RATE, 1, "PCM_16") as file:
            for _ in range(minutes):
                file.write(np.zeros(60 * RATE, np.float32))
        tracemalloc.start()
        convert_file(halve, tmp_path / "in.wav", tmp_path / "out.wav")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert soundfile.info(tmp_path / "out.wav").frames == 4 * 60 * RATE
    assert peaks[2] < 1.2 * peaks[1] < 2e6


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("a.wav", "missing", "cannot open: No such file"),
        ("a.wav", "empty", "empty, 0 bytes"),
        ("a.wav", "header", "truncated, or no audio"),
        ("a.wav", "text", "no audio that can be read"),
        ("a.wav", "truncated", "truncated: .* bytes fewer than its header promises"),
        ("a.wav", "NaN", "sample 15000 is NaN or infinite; make the file again"),
        ("a.wav", "integers", "sample 15000 is 2e[+]04 times full scale; .*; make the file again"),
        ("a.flac", "truncated", "truncated: it does not end with a whole frame"),
        ("a.flac", "rotten", "broken audio|truncated"),
        ("touch harm; cat a.wav |", "missing", "the entry is a command"),
    ],
)
def test_bad_input_leaves_what_was_there(tmp_path, monkeypatch, name, kind, message):
    """The faults in the middle of a file come up when a part of the output is written already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("audiolab.datadir.audiofile.BLOCK", 1000)
    damage(tmp_path / (name if name.startswith("a.") else "a.wav"), kind)
    (tmp_path / "out.wav").write_text("before")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(AudiolabError, match=message) as caught:
        convert_file(halve, name, "out.wav")
    assert str(caught.value).startswith(name)
    assert (tmp_path / "out.wav").read_text() == "before"
    assert sorted(tmp_path.iterdir()) == before


def test_an_exception_of_the_converter_leaves_what_was_there(tmp_path):
    def breaks(blocks, rate):
        yield next(iter(blocks))
        raise ZeroDivisionError

    soundfile.write(tmp_path / "in.wav", speech(), RATE)
    with pytest.raises(ZeroDivisionError):
        convert_file(breaks, tmp_path / "in.wav", tmp_path / "out.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]


@pytest.mark.parametrize(
    ("channels", "rate", "out", "message"),
    [
        (1, RATE, "out.wave", "unknown kind of audio file '.wave'; did you mean '.wav'"),
        (1, RATE, "out", "unknown kind of audio file ''; known are: .flac"),
        (6, RATE, "out.mp3", "MP3 does not take 6 channels at 16000 Hz"),
        (1, 96000, "out.mp3", "MP3 does not take 1 channels at 96000 Hz"),
        (1, RATE, "in.wav/out.wav", "cannot write .*: Not a directory|File exists"),
    ],
)
def test_outputs_that_cannot_be(tmp_path, channels, rate, out, message):
    soundfile.write(tmp_path / "in.wav", speech(0.1, rate, channels), rate)
    with pytest.raises(AudiolabError, match=message):
        convert_file(halve, tmp_path / "in.wav", tmp_path / out)
    assert [path.name for path in tmp_path.iterdir()] == ["in.wav"]


PROGRAM = """
import resource, signal
from audiolab import cli
from audiolab.data.files import convert_file
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))  # what a full disk is to write()
cli.run(lambda: convert_file(lambda blocks, rate: blocks, "in.wav", "out.{kind}"))
"""


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_a_full_disk_is_one_line_and_leaves_what_was_there(tmp_path, kind):
    soundfile.write(tmp_path / "in.wav", speech(), RATE, "PCM_24")
    (tmp_path / f"out.{kind}").write_text("before")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(kind=kind)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: cannot write out.{kind}: ")
    assert done.stderr.endswith("(is the disk full?); what stood there before is kept\n")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / f"out.{kind}").read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 2


def test_clipping_is_told_where_the_format_clips(tmp_path, caplog):
    wave = speech()
    over = int((np.abs(wave) > 0.1).sum())
    for subtype in ("PCM_16", "FLOAT"):
        soundfile.write(tmp_path / f"{subtype}.wav", wave, RATE, subtype)
        convert_file(lambda blocks, rate: (10 * block for block in blocks), tmp_path / f"{subtype}.wav",
                     tmp_path / f"{subtype}.out.wav")  # fmt: skip
    [told] = [record.message for record in caplog.records]
    assert told.startswith(f"{tmp_path}/PCM_16.out.wav: ")
    assert abs(int(told.split(": ")[1].split()[0]) - over) <= 2
    clipped = soundfile.read(tmp_path / "PCM_16.out.wav")[0]
    np.testing.assert_allclose(clipped, np.clip(10 * wave, -1, 1), atol=1e-3)
