"""Folders that are made whole: what a killed process leaves is cleared, what another one is making is left alone."""

import errno
import fcntl
import os
import signal
import subprocess
import sys

import pytest

from audiolab.corpora.folder import MARKER, is_made, new_folder
from audiolab.errors import AudiolabError

MAKE = """
import pathlib, sys, time
from audiolab.corpora.folder import new_folder
with new_folder(sys.argv[1], {"kind": "a"}) as new:
    (new / "half").write_text("done")
    print("begun", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def maker(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", MAKE, str(tmp_path / "dest")], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"begun\n"
    yield process
    process.kill()
    process.wait()


def make(dest, content="whole"):
    with new_folder(dest, {"kind": "a"}) as new:
        (new / "file").write_text(content)


def test_what_a_killed_process_left_is_cleared_by_the_next(tmp_path, maker):
    maker.send_signal(signal.SIGKILL)
    maker.wait()
    assert len(list(tmp_path.iterdir())) == 1
    make(tmp_path / "dest")
    assert [path.name for path in tmp_path.iterdir()] == ["dest"]
    assert {path.name for path in (tmp_path / "dest").iterdir()} == {"file", MARKER}


def test_what_another_process_is_making_is_left_alone(tmp_path, maker):
    before = sorted(path for path in tmp_path.rglob("*"))
    with pytest.raises(AudiolabError, match="dest: another process is making it; wait for it"):
        make(tmp_path / "dest")
    assert sorted(path for path in tmp_path.rglob("*")) == before


def test_a_folder_is_not_lost_between_the_renames(tmp_path):
    """As after a kill when the old folder was moved away and the new one not yet there."""
    make(tmp_path / "dest", "old")
    (tmp_path / ".dest.making").mkdir()
    (tmp_path / "dest").rename(tmp_path / ".dest.making" / "old")
    with pytest.raises(RuntimeError), new_folder(tmp_path / "dest", {"kind": "a"}):
        raise RuntimeError
    assert (tmp_path / "dest" / "file").read_text() == "old"
    assert is_made(tmp_path / "dest", {"kind": "a"}, "kind")
    assert [path.name for path in tmp_path.iterdir()] == ["dest"]


def test_file_systems_without_locks(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", refuse)
    make(tmp_path / "dest")
    assert [path.name for path in tmp_path.iterdir()] == ["dest"]
