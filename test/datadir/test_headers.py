"""Headers that a data dir keeps are believed as long as the files have their size, and no longer."""

import os

import numpy as np
import pytest
import soundfile

from audiolab.datadir import targets
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.headers import kept_header, parse_header, read_header
from audiolab.datadir.validate import validate

RATE = 8000


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = [f"s-{number}" for number in range(4)]
    for number, name in enumerate(names):
        soundfile.write(f"{name}.wav", np.full((1000 + number, 1 + number % 2), 0.1), RATE)
    headers = {name: str(read_header(f"{name}.wav")) for name in names}
    tables = {"utt2spk": dict.fromkeys(names, "s"), "wav.scp": {name: f"{name}.wav" for name in names}}
    return write_data_dir("data", tables | {"reco2header": headers})


def faults(data):
    return [str(fault) for fault in validate(data.path, feats=False, text=False) if fault.fatal]


def test_a_header_is_what_soundfile_says(data):
    for name, value in data.table("reco2header").items():
        info = soundfile.info(f"{name}.wav")
        header = parse_header(value)
        assert header == (info.frames, info.samplerate, info.channels, os.path.getsize(f"{name}.wav"))
        assert header.seconds == info.duration
        assert kept_header(data.table("reco2header"), name, f"{name}.wav") == header
    for value in ("", "1 2 3", "1 2 3 x", "0 8000 1 9", "1 8000 1 9 9"):
        assert parse_header(value) is None


def test_what_is_kept_is_not_looked_at_again(data, monkeypatch):
    looked, look = [], targets.audio_info
    monkeypatch.setattr(targets, "audio_info", lambda entry, *more: looked.append(entry) or look(entry, *more))
    assert (faults(data), looked) == ([], [])
    with open("s-1.wav", "r+b") as file:
        file.truncate(2000)
    os.remove("s-2.wav")
    found = faults(data)
    assert looked == ["s-1.wav", "s-2.wav"]
    assert [line.partition(": ")[0] for line in found] == ["data/wav.scp:2", "data/wav.scp:3"]
    assert "truncated" in found[0]
    assert "cannot open" in found[1]


def test_archives_commands_and_broken_lines_are_not_believed(data):
    table = {"a": "5 8000 1 0", "b": "5 8000 1"}
    assert [kept_header(table, name, "s-0.wav") for name in "abc"] == [None] * 3
    text = (data.path / "reco2header").read_text()
    (data.path / "reco2header").write_text(text.replace(" 1000 ", " 0 "))
    assert [line.partition(" '")[0] for line in faults(data)] == ["data/reco2header:1:"]
