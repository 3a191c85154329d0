"""Archives, good, damaged and malicious."""

import io
import shutil
import tarfile
import zipfile

import pytest

from audiolab.corpora.unpack import unpack
from audiolab.errors import AudiolabError

FILES = {"set/SPK1/10001.wav": b"RIFF" * 5000, "set/SPK1/10002.wav": b"", "scripts/10001.txt": "zażółć\n".encode()}


def make_zip(path, files=FILES, **flags):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("set/", b"")
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = flags.get("mode", 0o644) << 16
            archive.writestr(info, data, zipfile.ZIP_DEFLATED)
    return path


def make_tar(path, members=(), files=FILES):
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in members:
            archive.addfile(info)
    return path


def tar_member(name, kind=tarfile.REGTYPE, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".made_from.json"
    }


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_round_trip_idempotent_and_replaced_by_a_newer_archive(tmp_path, name):
    make = make_zip if name.endswith("zip") else make_tar
    dest = unpack(make(tmp_path / name), tmp_path / "out" / "a")
    assert contents(dest) == FILES
    (dest / "set/SPK1/10001.wav").write_bytes(b"mark")
    unpack(tmp_path / name, dest)
    assert (dest / "set/SPK1/10001.wav").read_bytes() == b"mark"  # not unpacked again
    make(tmp_path / name, files={"only": b"this"})
    assert contents(unpack(tmp_path / name, dest)) == {"only": b"this"}
    assert [entry.name for entry in dest.parent.iterdir()] == ["a"]


def test_an_own_folder_is_not_overwritten(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.txt").touch()
    with pytest.raises(AudiolabError, match=r"own: is there already and not made from a\.zip"):
        unpack(make_zip(tmp_path / "a.zip"), tmp_path / "own")


BAD_NAMES = ["../evil", "set/../../evil", "/etc/evil", "..\\evil", "C:\\evil", "C:evil/x", "a/b\nerror: x"]


def bad_archives(folder):
    for name in BAD_NAMES:
        yield make_zip(folder / "a.zip", {**FILES, name: b"x"}), name
        yield make_tar(folder / "a.tar.gz", [tar_member(name)]), name
    yield make_zip(folder / "a.zip", {"link": b"/etc/passwd"}, mode=0o120777), "link"
    yield make_zip(folder / "a.zip", {"device": b""}, mode=0o020666), "device"
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE):
        yield make_tar(folder / "a.tar", [tar_member("x", kind, "/etc/passwd")]), "x"


def test_members_that_are_refused(tmp_path):
    number = 0
    for number, (archive, name) in enumerate(bad_archives(tmp_path), 1):  # noqa: B007
        with pytest.raises(AudiolabError) as caught:
            unpack(archive, tmp_path / "sub" / "out")
        message = str(caught.value)
        assert repr(name) in message, message
        assert "nothing was unpacked" in message
        assert (name not in ("link", "device")) or f"but: {name};" in message
        assert "\n" not in message
        assert list((tmp_path / "sub").iterdir()) == []
    assert number == 2 * len(BAD_NAMES) + 7
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.tar", "a.tar.gz", "a.zip", "sub"]


def test_encrypted_and_repeated_members(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"secret": b"x"})
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\1\2")  # the last entry of the central directory; its flags are at byte 8
    data[place + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(AudiolabError, match=r"'secret' is not a file or folder but: encrypted"):
        unpack(path, tmp_path / "out")
    with pytest.raises(AudiolabError, match=r"'scripts/10001\.txt' comes twice"):
        unpack(make_tar(tmp_path / "a.tar", [tar_member("scripts/10001.txt")]), tmp_path / "out")


def test_damaged_archives(tmp_path):
    for make, name in ((make_zip, "a.zip"), (make_tar, "a.tar.gz"), (make_tar, "a.tar")):
        data = make(tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: len(data) // 2])
        with pytest.raises(AudiolabError, match="download it again"):
            unpack(tmp_path / name, tmp_path / "out")
    data = bytearray(make_zip(tmp_path / "a.zip").read_bytes())
    data[data.index(b"10001.wav") + 20] ^= 0xFF
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(AudiolabError, match="damaged"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    (tmp_path / "text.zip").write_text("<html>not found</html>")
    for name, message in (("text.zip", "neither a zip nor a tar"), ("none.zip", "no such file")):
        with pytest.raises(AudiolabError, match=message):
            unpack(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bomb_is_measured_before_it_is_unpacked(tmp_path, monkeypatch):
    archive = make_zip(tmp_path / "a.zip", {"zeros": bytes(3_000_000)})
    assert archive.stat().st_size < 10_000
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**7, 10**7, 2_999_999))
    with pytest.raises(AudiolabError, match=r"unpacks to 3\.0 MB, 3\.0 MB are free .*; nothing was unpacked"):
        unpack(archive, tmp_path / "sub" / "out")
    assert list((tmp_path / "sub").iterdir()) == []
