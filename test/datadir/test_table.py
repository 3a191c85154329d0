import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.relations import parse_segments, spk2utt_to_utt2spk, utt2spk_to_spk2utt
from audiolab.datadir.table import parse_table, read_table, write_table
from audiolab.errors import AudiolabError

# Surrogates cannot be encoded; Z* and Cc hold the spaces and the line ends.
ids = st.text(st.characters(exclude_categories=("Cs", "Zs", "Zl", "Zp", "Cc")), min_size=1, max_size=8)
values = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\n\r\0"), max_size=12)
tables = st.dictionaries(ids, values.map(lambda value: value.strip(" \t")), max_size=12)


@settings(deadline=None, max_examples=50)
@given(table=tables)
def test_a_table_reads_back_as_written(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("t") / "text"
    write_table(path, table)
    assert read_table(path) == table


@settings(deadline=None, max_examples=25)
@given(keys=st.sets(ids, min_size=1, max_size=12))
def test_order_is_that_of_sort_under_lc_all_c(keys, tmp_path_factory):
    path = tmp_path_factory.mktemp("t") / "utt2lang"
    write_table(path, dict.fromkeys(keys, "x"))
    done = subprocess.run(["sort", str(path)], env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}, capture_output=True)
    assert done.stdout == path.read_bytes()


@given(utt2spk=st.dictionaries(ids, ids, max_size=12))
def test_speaker_maps_invert_each_other(utt2spk):
    assert spk2utt_to_utt2spk(utt2spk_to_spk2utt(utt2spk)) == utt2spk


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("utt2spk", b"a s\nb s t\n", "utt2spk:2: 3 fields where there are to be 2"),
        ("wav.scp", b"a a.wav\nb\n", "wav.scp:2: nothing stands behind the id 'b'"),
        ("text", b"a x\na y\n", "text:2: 'a' is given twice"),
        ("text", b"a x\r\n", "text:1: a carriage return"),
        ("wav.scp", b"a \0.wav\n", "wav.scp:1: a NUL"),
        ("text", b"a x\n\nb y\n", "text:2: an empty line"),
        ("text", b" a x\n", "text:1: the line begins with a space"),
        ("text", b"a x\nb \xff\n", "text:2: not UTF-8"),
        ("segments", b"u r 0\n", "segments:1: 3 fields where there are to be 4"),
    ],
)
def test_a_broken_line_is_named(name, data, message):
    with pytest.raises(AudiolabError, match="^" + message):
        parse_table(data, name)


def test_text_may_be_empty_and_spaces_inside_stay(tmp_path):
    (tmp_path / "text").write_bytes(b"b\tone  two \na\n")
    assert read_table(tmp_path / "text") == {"b": "one  two", "a": ""}
    with pytest.raises(AudiolabError, match="nosuch: cannot read this table: No such file"):
        read_table(tmp_path / "nosuch")


def test_times_of_segments():
    assert parse_segments({"u": "r 0.5 1.25"})["u"] == ("r", 0.5, 1.25)
    for times in ("1 1", "2 1", "-1 2", "a 2", "nan 2", "0 inf"):
        with pytest.raises(AudiolabError, match="utterance 'u': "):
            parse_segments({"u": f"r {times}"})


def test_a_failed_write_leaves_the_data_dir_as_it_was(tmp_path):
    write_data_dir(tmp_path, {"utt2spk": {"s-b": "s", "s-a": "s"}, "text": {"s-a": "x", "s-b": "y"}})
    assert (tmp_path / "utt2spk").read_bytes() == b"s-a s\ns-b s\n"
    assert (tmp_path / "spk2utt").read_bytes() == b"s s-a s-b\n"
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(AudiolabError, match="the id 's c' is empty or has a space"):
        write_data_dir(tmp_path, {"utt2spk": {"s-c": "s"}, "text": {"s c": "x"}})
    with pytest.raises(AudiolabError, match="'s-c' has a line end"):
        write_data_dir(tmp_path, {"utt2spk": {"s-c": "s"}, "text": {"s-c": "x\ny"}})
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_replacing_removes_old_tables_and_nothing_else(tmp_path):
    write_data_dir(tmp_path, {"utt2spk": {"a": "a"}, "text": {"a": "x"}})
    (tmp_path / "notes").write_text("mine")
    datadir = write_data_dir(tmp_path, {"utt2spk": {"b": "b"}}, replace=True)
    assert datadir.names == ["spk2utt", "utt2spk"]
    assert (tmp_path / "notes").exists()
    assert (datadir.utterances, datadir.speakers, datadir.segments) == (["b"], ["b"], None)
    with pytest.raises(AudiolabError, match="no such data dir"):
        DataDir(tmp_path / "nosuch")
