import multiprocessing
import pickle
import re
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


def plainly(data):
    """Read a table line by line; None where a line is wrong."""
    found = {}
    lines = data.split(b"\n")
    for line in lines if lines[-1] else lines[:-1]:
        try:
            text = line.decode()
        except UnicodeDecodeError:
            return None
        match = re.fullmatch(r"([^ \t]+)([ \t]+.*)?", text, re.DOTALL)
        if not match or set(text) & {"\r", "\0"} or match[1] in found:
            return None
        found[match[1]] = (match[2] or "").strip(" \t")
    return found


LINES = st.lists(st.text(st.sampled_from("ab \t\x0b\u00a0\u0905"), max_size=6) | st.sampled_from("\r\0"), max_size=8)


@settings(deadline=None, max_examples=300)
@given(lines=LINES, end=st.sampled_from(["", "\n"]), odd=st.sampled_from([b"", b"\xff", b"\n"]))
def test_tables_are_read_as_line_by_line(lines, end, odd):
    data = "\n".join(lines).encode() + odd + end.encode()
    for name in ("text", "wav.scp", "utt2spk", "segments"):
        wanted = plainly(data)
        if wanted is not None and name != "text" and not all(wanted.values()):
            wanted = None
        fields = {"utt2spk": 1, "segments": 3}.get(name)
        if wanted is not None and fields and any(len(value.split()) != fields for value in wanted.values()):
            wanted = None
        if wanted is None:
            with pytest.raises(AudiolabError, match=rf"^{name}:\d+: "):
                parse_table(data, name)
            continue
        table = parse_table(data, name)
        assert list(table.items()) == list(wanted.items())
        assert (list(table), list(table.values())) == (list(wanted), list(wanted.values()))
        assert [table.get(key) for key in reversed(wanted)] == list(reversed(wanted.values()))
        assert table.ids == sorted(wanted)
        assert all(key + "a" in table or key + "a" not in wanted for key in wanted)
        assert "nosuch" not in table


def test_a_table_of_many_blocks():
    lines = {f"s{number // 7:05}-{number:07}": f"a/{number % 13}.wav" for number in range(60_000)}
    keys = list(lines)
    keys[100], keys[59_000] = keys[59_000], keys[100]  # far apart
    for names in (list(lines), keys):
        table = parse_table("".join(f"{name} {lines[name]}\n" for name in names).encode(), "wav.scp")
        assert table == lines
        assert list(table) == names
        assert table.ids[:3] == list(lines)[:3]
        assert all(table[name] == lines[name] for name in list(lines)[::-97])
    with pytest.raises(AudiolabError, match=r"^wav.scp:60001: 's00000-0000003' is given twice"):
        parse_table("".join(f"{name} x\n" for name in [*names, names[3]]).encode(), "wav.scp")


def measured(connection):
    table = connection.recv()
    again = pickle.loads(pickle.dumps(table))
    connection.send((len(table), table["s00009"], len(pickle.dumps(again)), again == table))


def test_processes_share_a_table():
    table = parse_table("".join(f"s{number:05} value {number}\n" for number in range(20_000)).encode(), "text")
    assert len(pickle.dumps(table)) < 1000
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=measured, args=(there,))
    process.start()
    here.send(table)
    length, value, size, same = here.recv()
    process.join()
    assert (length, value, same) == (20_000, "value 9", True)
    assert size < 1000
    assert table["s19999"] == "value 19999"
    assert pickle.loads(pickle.dumps(parse_table(b"", "text"))) == {}


def test_a_table_of_a_process_that_ended(tmp_path):
    code = "import pickle, sys; from audiolab.datadir.table import parse_table as p; "
    code += "sys.stdout.buffer.write(pickle.dumps(p(b'a b\\n', 'text')))"
    sent = subprocess.run(["python3", "-c", code], capture_output=True, check=True).stdout
    with pytest.raises(AudiolabError, match="tables of another process cannot be read"):
        pickle.loads(sent)


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
    assert (datadir.utterances, datadir.speakers, datadir.segmented) == (["b"], ["b"], False)
    with pytest.raises(AudiolabError, match="no such data dir"):
        DataDir(tmp_path / "nosuch")
