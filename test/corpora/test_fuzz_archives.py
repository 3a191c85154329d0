"""Fuzzing of archives: each is unpacked exactly as it was packed, or refused in one line and nothing is left."""

import bz2
import gzip
import io
import lzma
import shutil
import tarfile
import zipfile

import numpy as np
import pytest
from fuzzing import damaged, fuzz, outcome
from hypothesis import strategies as st

from audiolab.corpora.dns import read_pointers
from audiolab.corpora.unpack import unpack
from audiolab.errors import AudiolabError

FILES = {
    "set/SPK1/10001.wav": np.random.default_rng(0).bytes(3000),
    "set/SPK1/" + "long" * 40 + ".wav": b"RIFF" * 50,
    "scripts/10001.txt": "zażółć\n".encode(),
}
KINDS = {"tar.gz": gzip.compress, "tar.bz2": bz2.compress, "tar.xz": lzma.compress, "tar.lzma": None, "tar": bytes}
METHODS = {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED, "lzma": zipfile.ZIP_LZMA}


def tar(layout=tarfile.PAX_FORMAT):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=layout) as archive:
        for name, data in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def packed(kind):
    if kind in METHODS:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", METHODS[kind]) as archive:
            for name, data in FILES.items():
                archive.writestr(zipfile.ZipInfo(name), data, METHODS[kind])
        return file.getvalue()
    if kind == "tar.lzma":
        return lzma.compress(tar(), lzma.FORMAT_ALONE)
    return KINDS[kind](tar(tarfile.GNU_FORMAT if kind == "tar.gz" else tarfile.PAX_FORMAT))


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".made_from.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("kind", ["tar.gz", "tar.bz2", "tar.xz"])
def test_no_flipped_bit_of_a_compressed_archive_goes_unseen(tmp_path, kind):
    """But in what says nothing of the contents, gzip's time and system."""
    whole = packed(kind)
    for place in np.random.default_rng(0).integers(10, len(whole), 60):
        data = bytearray(whole)
        data[place] ^= 1 << int(place) % 8
        (tmp_path / f"a.{kind}").write_bytes(data)
        with pytest.raises(AudiolabError, match=f"a.{kind}: .*; delete it and download it again"):
            unpack(tmp_path / f"a.{kind}", tmp_path / "sub" / "out")
        assert list((tmp_path / "sub").iterdir()) == []


@pytest.mark.parametrize("kind", [*KINDS, *METHODS])
def test_damaged_archives(tmp_path, fuzz_seconds, kind):
    path, sub = tmp_path / "a", tmp_path / "sub"
    path.write_bytes(packed(kind))
    assert contents(unpack(path, sub / "out")) == FILES
    shutil.rmtree(sub)

    def check(data):
        path.write_bytes(data)
        found = outcome(lambda: unpack(path, sub / "out"))
        if isinstance(found, AudiolabError):
            assert list(sub.iterdir()) == []
            return
        if kind.startswith("tar."):
            assert contents(found) == FILES
        shutil.rmtree(sub)

    fuzz(damaged([packed(kind)]), check, fuzz_seconds, 40)


def member(size=0, kind=tarfile.REGTYPE, name="x"):
    """Return the header of a tar's member, with a size that it may not have."""
    info = tarfile.TarInfo(name)
    info.type = kind
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (b"\xff" if size < 0 else b"\x80") + (size % (1 << 88)).to_bytes(11, "big")
    header[148:156] = b"%06o\0 " % tarfile.calc_chksums(bytes(header))[0]
    return bytes(header)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (member(-512) + bytes(1024), "'x' has a size of -512"),
        (member(-512, tarfile.XHDTYPE) + bytes(1024), "a header of"),
        (member(1 << 40, tarfile.GNUTYPE_LONGNAME) + bytes(1024), "a header of"),
        (member(1 << 40, tarfile.XHDTYPE) + bytes(1024), "a header of"),
        (member(1 << 60) + bytes(1024), ""),
        (tar()[: 13 * 512], "it ends before its end mark"),
        (member(0, name="a") + member(0, name="b"), "it ends before its end mark"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_tars_whose_headers_lie(tmp_path, data, message, pack):
    (tmp_path / "a.tar").write_bytes(pack(data))
    found = outcome(lambda: unpack(tmp_path / "a.tar", tmp_path / "sub" / "out"), seconds=2, mebibytes=64)
    assert isinstance(found, AudiolabError)
    assert message in str(found)
    assert list((tmp_path / "sub").iterdir()) == []


def test_lists_of_git_lfs(tmp_path, fuzz_seconds):
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 12\n".encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:bz2") as archive:
        info = tarfile.TarInfo("datasets/test_set/synthetic/no_reverb/clean/clean_fileid_1.wav")
        info.size = len(pointer)
        archive.addfile(info, io.BytesIO(pointer))

    def check(data):
        (tmp_path / "list").write_bytes(data)
        outcome(lambda: read_pointers(tmp_path / "list"))

    fuzz(damaged([file.getvalue(), bz2.decompress(file.getvalue())]) | st.binary(max_size=40), check, fuzz_seconds, 60)
