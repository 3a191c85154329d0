import pickle

import kaldi_native_io
import kaldiio
import numpy as np
import pytest

from audiolab.datadir.arkio import MatrixTable, join_scp, write_archive, write_matrices
from audiolab.datadir.arkread import read_rows
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError


def matrices(rows=30, columns=7):
    rng = np.random.default_rng(0)
    return {f"u{i}": rng.normal(0, 3, (rows + i, columns)).astype(np.float32) for i in range(4)}


@pytest.mark.parametrize("method", [None, 1, 2, 3, 5])
def test_kaldi_native_io_reads_what_is_written(tmp_path, method):
    written = matrices()
    write_matrices(tmp_path / "f.ark", tmp_path / "f.scp", written.items(), method)
    ours = MatrixTable(tmp_path / "f.scp")
    reader = kaldi_native_io.RandomAccessFloatMatrixReader(f"scp:{tmp_path}/f.scp")
    assert list(ours) == list(written)
    for utterance, matrix in written.items():
        read = np.array(reader[utterance])
        np.testing.assert_allclose(ours[utterance], read, atol=1e-5)
        assert ours.shape(utterance) == matrix.shape
        step = np.ptp(matrix) * {None: 0, 1: 1 / 63, 2: 1 / 63, 3: 1 / 60000, 5: 1 / 250}[method]
        assert np.abs(read - matrix).max() <= step
    reader.close()


@pytest.mark.parametrize(
    "method", ["kSpeechFeature", "kTwoByteAuto", "kOneByteAuto", "kTwoByteSignedInteger", "kOneByteZeroOne"]
)
def test_what_kaldi_native_io_compresses_is_read(tmp_path, method):
    written = {utterance: 1 / (1 + np.exp(-matrix)) for utterance, matrix in matrices().items()}
    specifier = f"ark,scp:{tmp_path}/f.ark,{tmp_path}/f.scp"
    with kaldi_native_io.CompressedMatrixWriter(specifier) as writer:
        for utterance, matrix in written.items():
            writer.write(utterance, matrix, method=getattr(kaldi_native_io.CompressionMethod, method))
    ours = MatrixTable(tmp_path / "f.scp")
    reader = kaldi_native_io.RandomAccessFloatMatrixReader(f"scp:{tmp_path}/f.scp")
    for utterance, matrix in written.items():
        assert ours.rows(utterance) == len(matrix)
        np.testing.assert_allclose(ours[utterance], np.array(reader[utterance]), atol=1e-5)
    reader.close()


@pytest.mark.parametrize("writer", [kaldi_native_io.FloatMatrixWriter, kaldi_native_io.DoubleMatrixWriter])
@pytest.mark.parametrize("form", ["ark", "ark,t"])
def test_what_kaldi_native_io_writes_is_read(tmp_path, writer, form):
    dtype = np.float32 if writer is kaldi_native_io.FloatMatrixWriter else np.float64
    written = {"a": np.array([[0, 1.5], [-2e-5, 1e9]], dtype), "b": np.array([[1, 2, 3]], dtype)}
    with writer(f"{form},scp:{tmp_path}/f.ark,{tmp_path}/f.scp") as out:
        for utterance, matrix in written.items():
            out.write(utterance, matrix)
    ours = MatrixTable(tmp_path / "f.scp")
    for utterance, matrix in written.items():
        np.testing.assert_allclose(ours[utterance], matrix, rtol=1e-6)
        assert ours.shape(utterance) == matrix.shape
        if form == "ark":
            assert ours[utterance].dtype == dtype


def test_ranges_are_inclusive_as_kaldi_native_io_reads_them(tmp_path):
    write_matrices(tmp_path / "f.ark", tmp_path / "f.scp", matrices().items())
    entry = read_table(tmp_path / "f.scp")["u1"]
    whole = matrices()["u1"]
    scp = tmp_path / "r.scp"
    scp.write_text(f"a {entry}[0:9]\nb {entry}[2:4,1:3]\nc {entry}[:,6:6]\n")
    ours = MatrixTable(scp)
    for key, wanted in {"a": whole[:10], "b": whole[2:5, 1:4], "c": whole[:, 6:7]}.items():
        np.testing.assert_array_equal(ours[key], wanted)
        assert ours.shape(key) == wanted.shape
    reader = kaldi_native_io.RandomAccessFloatMatrixReader(f"scp:{scp}")
    np.testing.assert_array_equal(np.array(reader["b"]), ours["b"])
    reader.close()
    for bad in ("[0:31]", "[5:4]", "[0:1,0:1,0:1]", "[1]"):
        with pytest.raises(AudiolabError, match=r"range|within"):
            MatrixTable({"a": entry + bad})["a"]


@pytest.mark.parametrize("form", ["ark", "ark,t"])
def test_rows_of_binary_and_of_text(tmp_path, form):
    written = {name: np.round(matrix, 2) for name, matrix in matrices().items()}
    with kaldi_native_io.FloatMatrixWriter(f"{form},scp:{tmp_path}/f.ark,{tmp_path}/f.scp") as out:
        for utterance, matrix in written.items():
            out.write(utterance, matrix)
    entry, whole = read_table(tmp_path / "f.scp")["u1"], written["u1"]
    for more, part in (("", whole), ("[3:9]", whole[3:10]), ("[3:9,1:2]", whole[3:10, 1:3])):
        for begin, end in ((2, 4), (0, None), (5, None), (3, 3)):
            rows, count = read_rows(entry + more, begin, end)
            np.testing.assert_array_equal(rows, part[begin:end])
            assert count == len(part)
        with pytest.raises(AudiolabError, match=f"rows 2 to {len(part) + 1} are wanted of its {len(part)}"):
            read_rows(entry + more, 2, len(part) + 1)


def test_vectors_and_integers_are_read(tmp_path):
    ark, scp = str(tmp_path / "v.ark"), str(tmp_path / "v.scp")
    kaldiio.save_ark(ark, {"f": np.float32([0, 1, 2]), "i": np.int32([3, 4])}, scp=scp)
    ours = MatrixTable(scp)
    assert ours["f"].tolist() == [0, 1, 2]
    assert ours["i"].tolist() == [3, 4]
    assert ours.shape("f") == (3,)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", np.zeros((3, 2))), ("b", np.float32([[0], [np.nan]]))], "'b' has 1 NaN or infinite.*row 1"),
        ([("a", np.array([[1e300]]))], "'a' has 1 NaN or infinite"),
        ([("a", np.zeros((3, 2))), ("a", np.zeros((3, 2)))], "'a' is given twice"),
        ([("a", np.zeros((0, 2)))], r"'a' has shape \(0, 2\)"),
        ([("a b", np.zeros((1, 2)))], "the id 'a b' is empty or has a space"),
        ([], "not one matrix"),
    ],
)
def test_a_refused_matrix_changes_no_file(tmp_path, pairs, message):
    write_matrices(tmp_path / "f.ark", tmp_path / "f.scp", matrices().items())
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(AudiolabError, match=message):
        write_matrices(tmp_path / "f.ark", tmp_path / "f.scp", iter(pairs))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_paths_stand_in_the_scp_as_they_were_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_matrices("dump/f.ark", "dump/f.scp", {"b": np.ones((1, 1)), "a": np.ones((1, 1))}.items())
    assert (tmp_path / "dump/f.scp").read_text().splitlines()[0].startswith("a dump/f.ark:")
    assert MatrixTable("dump/f.scp")["a"].dtype == np.float32


def test_broken_archives_are_refused(tmp_path):
    write_matrices(tmp_path / "f.ark", tmp_path / "f.scp", matrices().items())
    table = MatrixTable(tmp_path / "f.scp")
    data = (tmp_path / "f.ark").read_bytes()
    (tmp_path / "f.ark").write_bytes(data[:-10])
    with pytest.raises(AudiolabError, match=r"f\.scp: u3.*broken or truncated archive"):
        table["u3"]
    (tmp_path / "f.ark").write_bytes(data[:10])
    with pytest.raises(AudiolabError, match="the archive ends before"):
        table["u3"]
    (tmp_path / "f.ark").unlink()
    with pytest.raises(AudiolabError, match="cannot open: No such file"):
        table["u3"]
    with pytest.raises(AudiolabError, match="no entry for 'x'"):
        table["x"]


def test_an_archive_is_never_unpickled(tmp_path):
    path = tmp_path / "p.ark"
    path.write_bytes(b"PKL" + pickle.dumps(np.zeros(3)))
    with pytest.raises(AudiolabError, match="no Kaldi matrix"):
        MatrixTable({"a": str(path)})["a"]


def test_commands_run_only_when_allowed(tmp_path):
    write_matrices(tmp_path / "f.ark", tmp_path / "f.scp", [("a", np.ones((2, 2)))])
    entries = {"a": f"tail -c +3 {tmp_path}/f.ark |"}
    with pytest.raises(AudiolabError, match="--allow_pipes"):
        MatrixTable(entries)["a"]
    np.testing.assert_array_equal(MatrixTable(entries, allow_pipes=True)["a"], np.ones((2, 2)))


def test_joining_the_tables_of_jobs(tmp_path):
    for job, ids in enumerate(["bd", "ac"], 1):
        pairs = ((key, np.full((1, 1), ord(key))) for key in ids)
        write_matrices(tmp_path / f"f.{job}.ark", tmp_path / f"f.{job}.scp", pairs)
    join_scp([tmp_path / "f.1.scp", tmp_path / "f.2.scp"], tmp_path / "f.scp")
    joined = MatrixTable(tmp_path / "f.scp")
    assert {key: chr(int(joined[key].item())) for key in joined} == {key: key for key in "abcd"}
    with pytest.raises(AudiolabError, match=r"f\.1\.scp: 'b' is in .*f.1.scp too"):
        join_scp([tmp_path / "f.1.scp", tmp_path / "f.1.scp"], tmp_path / "g.scp")
    with pytest.raises(AudiolabError, match=r"f\.3\.scp: cannot read"):
        join_scp([tmp_path / "f.3.scp"], tmp_path / "g.scp")


def test_an_archive_in_a_folder_that_is_to_become_another_one(tmp_path):
    written = matrices()
    (tmp_path / "new").mkdir()
    entries = write_archive(tmp_path / "new" / "feats.3.ark", written.items(), tmp_path / "ark")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["feats.3.ark"]
    assert all(entry.startswith(f"{tmp_path}/ark/feats.3.ark:") for entry in entries.values())
    (tmp_path / "new").rename(tmp_path / "ark")
    ours = MatrixTable(entries)
    for utterance, matrix in written.items():
        np.testing.assert_array_equal(ours[utterance], matrix)
