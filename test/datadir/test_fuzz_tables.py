"""Fuzzing of data dirs: tables are read, checked and mended, or refused in one line."""

import shutil

import pytest
from fuzzing import damaged, fuzz, outcome

from audiolab.datadir.datadir import DataDir
from audiolab.datadir.faults import scan
from audiolab.datadir.fix import fix_data_dir
from audiolab.datadir.lists import filter_lines, read_ids, read_lines
from audiolab.datadir.split import split_by_speaker
from audiolab.datadir.table import read_table
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

TABLES = {
    "utt2spk": "A-1 A\nA-2 A\nB-1 B\n",
    "spk2utt": "A A-1 A-2\nB B-1\n",
    "wav.scp": "A-r a.wav\nB-r sox b.wav -t wav - |\n",
    "segments": "A-1 A-r 0.00 1.50\nA-2 A-r 1.5 2\nB-1 B-r 0 1\n",
    "text": "A-1 zażółć gęślą\nA-2\nB-1 x  y\n",
    "utt2dur": "A-1 1.5\nA-2 0.5\nB-1 1\n",
    "feats.scp": "A-1 f.ark:4\nA-2 f.ark:9[0:3]\nB-1 f.ark:99\n",
    "utt2num_frames": "A-1 150\nA-2 50\nB-1 100\n",
    "spk2f0": "A 60 300 120.5\nB 60 400 200\n",
    "reco2dur": "A-r 2\nB-r 1\n",
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    for name, text in TABLES.items():
        (tmp_path / "data" / name).write_text(text)
    return tmp_path / "data"


def test_a_byte_order_mark_is_no_part_of_an_id(tmp_path):
    (tmp_path / "utt2spk").write_bytes(b"\xef\xbb\xbf" + TABLES["utt2spk"].encode())
    assert read_table(tmp_path / "utt2spk") == {"A-1": "A", "A-2": "A", "B-1": "B"}
    assert read_lines(tmp_path / "utt2spk")[0] == "A-1 A"
    assert [fault.message[:30] for fault in scan(tmp_path / "utt2spk").faults] == ["begins with a byte order mark;"]
    fix_data_dir(tmp_path)
    assert (tmp_path / "utt2spk").read_text() == TABLES["utt2spk"]


@pytest.mark.parametrize("name", TABLES)
def test_bytes_around_a_table(folder, fuzz_seconds, monkeypatch, name):
    monkeypatch.chdir(folder)

    def check(data):
        (folder / name).write_bytes(data)
        table = outcome(lambda: read_table(folder / name))
        outcome(lambda: [DataDir(folder).segment(name) for name in DataDir(folder).table("segments")])
        ids = outcome(lambda: read_ids(folder / name))
        if not isinstance(ids, AudiolabError):
            outcome(lambda: filter_lines(read_lines(folder / name), set(ids[:1]), 2))
        if not isinstance(table, AudiolabError):
            outcome(lambda: split_by_speaker(list(table), read_table(folder / "utt2spk"), 2))
        for fault in validate(folder, feats=False, text=False, wav=False):
            assert len(str(fault)) < 1500
        shutil.copytree(folder, folder / "copy")
        outcome(lambda: fix_data_dir(folder / "copy"))
        shutil.rmtree(folder / "copy")

    fuzz(damaged([TABLES[name].encode()]), check, fuzz_seconds, 15)
