"""Fuzzing of archives of matrices: each is read or refused in one line, and no header asks for more than is there."""

import struct

import kaldiio
import numpy as np
import pytest
from fuzzing import damaged, fuzz, outcome
from hypothesis import strategies as st

from audiolab.datadir import arkread
from audiolab.datadir.arkread import read_matrix, read_rows, read_shape
from audiolab.errors import AudiolabError

MATRIX = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)


def archives(folder):
    """Return whole archives of one object each, by kind."""
    made = {}
    for kind, array, method in (
        ("FM", MATRIX, None), ("DM", MATRIX.astype(np.float64), None), ("FV", MATRIX[0], None), ("CM", MATRIX, 2),
        ("CM2", MATRIX, 3), ("CM3", MATRIX, 5),
    ):  # fmt: skip
        with open(folder / "made", "wb") as file:
            kaldiio.save_mat(file, array, compression_method=method)
        made[kind] = (folder / "made").read_bytes()
    made["ints"] = b"\0B\4" + struct.pack("<i", 3) + b"".join(b"\4" + struct.pack("<i", n) for n in (7, -8, 9))
    made["text"] = b" [\n  1 2.5 -3e4\n  4 5 6 ]\n"
    made["vector"] = b" [ 1 2 3 ]\n"
    return made


def test_all_kinds_are_read_and_their_shapes_told(tmp_path):
    for data in archives(tmp_path).values():
        (tmp_path / "a.ark").write_bytes(data)
        assert read_matrix(str(tmp_path / "a.ark")).shape == read_shape(str(tmp_path / "a.ark"))
    (tmp_path / "a.ark").write_bytes(archives(tmp_path)["ints"])
    np.testing.assert_array_equal(read_matrix(str(tmp_path / "a.ark")), [7, -8, 9])
    (tmp_path / "a.ark").write_bytes(archives(tmp_path)["text"])
    np.testing.assert_array_equal(read_matrix(str(tmp_path / "a.ark")), np.float32([[1, 2.5, -3e4], [4, 5, 6]]))


@pytest.mark.parametrize("kind", ["FM", "DM", "FV", "CM", "CM2", "CM3", "ints"])
@pytest.mark.parametrize("size", [-1, 1 << 20, 0x7FFFFFFF, -(1 << 31)])
def test_sizes_that_are_not_there(tmp_path, kind, size):
    data = archives(tmp_path)[kind]
    place = {"ints": 3, "CM": 13, "CM2": 14, "CM3": 14}.get(kind, 6)  # of the number of rows
    (tmp_path / "a.ark").write_bytes(data[:place] + struct.pack("<i", size) + data[place + 4 :])
    for read in (read_matrix, read_shape, read_rows):
        found = outcome(lambda read=read: read(str(tmp_path / "a.ark")), seconds=2, mebibytes=64)
        assert isinstance(found, AudiolabError)
        assert "broken or truncated archive; make archive and table again" in str(found)


def test_a_cut_archive_is_told_by_its_header(tmp_path):
    for kind, data in archives(tmp_path).items():
        (tmp_path / "a.ark").write_bytes(data[:-2] if kind not in ("text", "vector") else data.replace(b"]", b""))
        found = outcome(lambda: read_shape(str(tmp_path / "a.ark")))
        assert isinstance(found, AudiolabError), kind


def test_a_text_without_end_is_not_read_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(arkread, "LARGEST_TEXT", 1000)
    (tmp_path / "a.ark").write_bytes(b"[ " + b"1 " * 2000 + b"]")
    found = outcome(lambda: read_matrix(str(tmp_path / "a.ark")))
    assert "broken or truncated archive" in str(found)


def test_bytes_around_an_archive(tmp_path, fuzz_seconds):
    ranges = st.sampled_from(["", ":0", ":1", ":99999999999", "[0:3]", "[0:0,1:2]", "[3:1]", "[:,9:9]", "[99]", "[,,]"])
    path = tmp_path / "a.ark"

    def check(case):
        data, where = case
        path.write_bytes(data)
        shape = outcome(lambda: read_shape(f"{path}{where}"), mebibytes=64)
        found = outcome(lambda: read_matrix(f"{path}{where}"), mebibytes=64)
        if not isinstance(found, AudiolabError):
            assert found.shape == shape
        rows = outcome(lambda: read_rows(f"{path}{where}", 1, 2), mebibytes=64)
        if not isinstance(rows, AudiolabError):
            np.testing.assert_array_equal(rows[0], found[1:2])
            assert rows[1] == len(found)

    fuzz(st.tuples(damaged(list(archives(tmp_path).values())), ranges), check, fuzz_seconds, 250)
