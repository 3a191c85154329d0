"""Atomic writing, on file systems that cannot sync, change modes or lock, and into what is no file."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write, replaced_together, try_lock

UNSUPPORTED = [errno.EINVAL, errno.ENOTSUP, errno.EPERM, errno.ENOSYS]


def failing(number: int):
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def write(path: Path | str, text: str) -> None:
    with atomic_write(path) as file:
        file.write(text)


def test_a_new_file_has_the_mode_of_any_and_a_failing_block_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "new" / "table"
    before = os.umask(0o027)
    try:
        write(path, "one\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with pytest.raises(ZeroDivisionError), atomic_write(path) as file:
        file.write(f"two {1 // 0}\n")
    assert path.read_text() == "one\n"
    assert os.listdir(path.parent) == ["table"]


def test_a_name_may_be_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    write(tmp_path / ("ü" * 127), "x")
    assert os.listdir(tmp_path) == ["ü" * 127]


@pytest.mark.parametrize("number", UNSUPPORTED)
def test_writes_where_modes_cannot_be_changed_and_nothing_be_synced(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fsync", "chmod", "fchmod"):
        monkeypatch.setattr(os, name, failing(number))
    write(tmp_path / "table", "one\n")
    assert (tmp_path / "table").read_text() == "one\n"


def test_says_what_is_true_when_the_disk_fails_before_and_after_renaming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "table", "one\n")
    real = os.fsync

    def file_only(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(handle)

    monkeypatch.setattr(os, "fsync", file_only)
    with pytest.raises(AudiolabError, match=r"table: Input/output error; it is written, but may not outlive"):
        write(tmp_path / "table", "two\n")
    assert (tmp_path / "table").read_text() == "two\n"
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(AudiolabError, match=r"table: Input/output error; what stood there before is kept"):
        write(tmp_path / "table", "three\n")
    assert (tmp_path / "table").read_text() == "two\n"
    assert os.listdir(tmp_path) == ["table"]


def test_an_error_of_another_file_names_that_one(tmp_path: Path) -> None:
    with (
        pytest.raises(AudiolabError, match=r"table: .*absent: No such file"),
        atomic_write(tmp_path / "table") as file,
    ):
        file.write((tmp_path / "absent").read_text())


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to("disk/table")
    write(tmp_path / "link", "one\n")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk" / "table").read_text() == "one\n"


def test_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(AudiolabError, match=r"cannot write .*: it is a folder; give the name of a file"):
        write(tmp_path, "x")
    assert tmp_path.is_dir()


def test_a_fifo_stays_one_and_gets_what_is_written(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()))
    reader.start()
    write(fifo, "one\n")
    reader.join(10)
    assert read == ["one\n"]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_device_stays_one(tmp_path: Path) -> None:
    write("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    if os.path.exists("/dev/full"):
        with pytest.raises(AudiolabError, match=r"cannot write /dev/full: No space left on device$"):
            write("/dev/full", "x")


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_is_written_into_also_where_it_is_a_file(name: str, tmp_path: Path) -> None:
    code = f"from audiolab.files import atomic_write\nwith atomic_write('{name}') as file: file.write('two\\n')"
    with open(tmp_path / "log", "w") as log:
        log.write("one\n")
        log.flush()
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)
    assert (tmp_path / "log").read_text() == "one\ntwo\n"
    assert os.path.islink("/dev/stdout")
    piped = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert piped.stdout == b"two\n"


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_told_from_one_that_is_in_use(
    number: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with open(tmp_path / "lock", "w") as file, caplog.at_level(logging.WARNING):
        assert try_lock(file, failing(number))
        assert "its file system has no locks" in caplog.text
        for held in (errno.EAGAIN, errno.EACCES):
            assert not try_lock(file, failing(held))
        with pytest.raises(OSError, match="Input/output"):
            try_lock(file, failing(errno.EIO))


def test_a_lock_keeps_another_open_file_out(tmp_path: Path) -> None:
    with open(tmp_path / "lock", "w") as one, open(tmp_path / "lock", "w") as two:
        assert try_lock(one, fcntl.flock)
        assert not try_lock(two, fcntl.flock)


def test_files_are_replaced_together_or_not_at_all(tmp_path):
    folder = tmp_path / "wav"
    folder.mkdir()
    for name in "ab":
        (folder / name).write_text("old")
    (folder / ".tmp").mkdir()  # of a process that was killed
    (folder / ".tmp" / "c").write_text("half")

    def broken(name):
        with replaced_together(folder) as staged:
            (staged / name).write_text("new")
            raise AudiolabError("b is broken")

    with pytest.raises(AudiolabError, match="b is broken"):
        broken("a")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a": "old", "b": "old"}
    with replaced_together(folder) as staged:
        (staged / "a").write_text("new")
        (staged / "d").write_text("new, too")
        assert (folder / "a").read_text() == "old"
    found = {path.name: path.read_text() for path in folder.iterdir()}
    assert found == {"a": "new", "b": "old", "d": "new, too"}
    assert [path.name for path in tmp_path.iterdir()] == ["wav"]


def test_two_writers_do_not_replace_files_of_one_folder(tmp_path):
    """The second one is told; what the first one writes is whole."""
    with replaced_together(tmp_path / "wav") as staged:
        (staged / "a").write_text("first")
        with (
            pytest.raises(AudiolabError, match=r"wav: another process is writing into it; wait for its end"),
            replaced_together(tmp_path / "wav"),
        ):
            pytest.fail("two at once")
        (staged / "b").write_text("first")
    assert {path.name for path in (tmp_path / "wav").iterdir()} == {"a", "b"}
    with replaced_together(tmp_path / "wav") as staged:
        (staged / "a").write_text("second")
    assert (tmp_path / "wav" / "a").read_text() == "second"


def test_nothing_is_replaced_where_a_folder_is_in_the_way(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("old")

    def replace():
        with replaced_together(tmp_path) as staged:
            for name in "ab":
                (staged / name).write_text("new")

    with pytest.raises(AudiolabError, match=r"cannot write .*/b: it is a folder"):
        replace()
    assert (tmp_path / "a").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_files_that_cannot_be_replaced_together(tmp_path):
    (tmp_path / "wav").write_text("a file")
    with pytest.raises(AudiolabError, match=r"cannot write .*wav: "), replaced_together(tmp_path / "wav"):
        pytest.fail("told when all is made")
    assert (tmp_path / "wav").read_text() == "a file"


def test_nothing_is_left_of_a_folder_that_was_not_there(tmp_path):
    def broken():
        with replaced_together(tmp_path / "out" / "wav") as staged:
            (staged / "a").write_text("half")
            raise AudiolabError("b is broken")

    with pytest.raises(AudiolabError, match="b is broken"):
        broken()
    assert not (tmp_path / "out" / "wav").exists()


def test_files_are_replaced_together_behind_a_link_to_another_disk(tmp_path):
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system")
    with tempfile.TemporaryDirectory(dir=other) as there:
        (tmp_path / "wav").symlink_to(there)
        (tmp_path / "wav" / "a").write_text("old")
        with replaced_together(tmp_path / "wav") as staged:
            (staged / "a").write_text("new")
        assert {path.name: path.read_text() for path in Path(there).iterdir()} == {"a": "new"}
        assert (tmp_path / "wav").is_symlink()
