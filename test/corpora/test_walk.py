"""Going through corpora as they lie on users' disks: macOS's shadows of files, and names of other encodings."""

import os

import numpy as np
import pytest
import soundfile

from audiolab.corpora import librispeech
from audiolab.corpora.vcc2018_layout import find_takes
from audiolab.corpora.walk import recordings_below
from audiolab.datadir.stamp import check_stamp, fingerprint, write_stamp
from audiolab.datadir.table import write_table
from audiolab.errors import AudiolabError

SHADOW = b"\0\x05\x16\x07\0\x02\0\0Mac OS X        \0\x02\0\0\0\x09\0\0\0\x32"
"""How a ``._`` file begins."""


def record(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        soundfile.write(file, np.full(1600, 0.1), 16000, format=path.suffix[1:])


@pytest.fixture
def latin(tmp_path):
    """Return a folder whose name is not UTF-8."""
    folder = tmp_path / os.fsdecode(b"d\xe9j\xe0")
    folder.mkdir()
    return folder


def test_shadows_of_macos_are_neither_recordings_nor_texts(tmp_path):
    for subset, speaker in zip(("train-clean-360", "dev-clean", "test-clean"), ("1", "2", "3")):
        folder = tmp_path / "db" / subset / speaker / "7"
        record(folder / f"{speaker}-7-0000.flac")
        (folder / f"._{speaker}-7-0000.flac").write_bytes(SHADOW)
        (folder / f"{speaker}-7.trans.txt").write_text(f"{speaker}-7-0000 WORDS\n")
        (folder / f"._{speaker}-7.trans.txt").write_bytes(SHADOW)
    paths = librispeech.prepare(tmp_path / "db", tmp_path / "data")
    assert [(path / "text").read_text() for path in paths] == [f"{n}-7-0000 WORDS\n" for n in (1, 2, 3)]


def test_a_folder_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    """Its recordings would be missing without a word; what a disk has for its repair is not the user's."""
    for name in ("a", "locked", "lost+found"):
        record(tmp_path / name / "x.wav")
    scandir = os.scandir

    def refused(path):
        if os.path.basename(path) in ("locked", "lost+found"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(AudiolabError, match=r"/locked: cannot be read \(Permission denied\)"):
        list(recordings_below(tmp_path))
    (tmp_path / "locked").rename(tmp_path / "b")
    assert [folder.name for folder, _ in recordings_below(tmp_path)] == ["a", "b"]
    assert not list(recordings_below(tmp_path / "gone"))


def test_names_that_are_not_utf8_are_told_in_one_line(latin, tmp_path):
    record(latin / "1-2-0000.flac")
    with pytest.raises(AudiolabError, match=r"d\\udce9j\\udce0/1-2-0000\.flac': the path is not UTF-8; rename"):
        list(recordings_below(latin))
    for name in ("training/A/10001", "evaluation/A/30001", "reference/B/30001"):
        record(latin / f"vcc2018_{name}.wav")
    with pytest.raises(AudiolabError, match=r"the path is not UTF-8; rename the file or folder"):
        find_takes(latin)


def test_tables_and_stamps_of_such_names(latin, tmp_path):
    with pytest.raises(AudiolabError, match=r"cannot write .*wav.scp: '\\udce9', of a name that is not UTF-8"):
        write_table(tmp_path / "wav.scp", {"a": str(latin / "a.wav")})
    assert sorted(tmp_path.iterdir()) == [latin]
    (latin / os.fsdecode(b"\xff.wav")).write_bytes(b"x")
    assert fingerprint(latin) != fingerprint(tmp_path)
    write_stamp(tmp_path / "made", "data", [latin])
    check_stamp(tmp_path / "made", "data")
