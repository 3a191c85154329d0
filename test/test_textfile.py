"""Text files as editors, spreadsheets and other systems write them, and what is said of those that cannot be read."""

import csv
import json

import pytest

from audiolab.errors import LONGEST, AudiolabError, one_line, shown
from audiolab.textfile import read_cells, read_json, read_records, read_text

WORDS = "naïve\tπ\nsecond line\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_byte_order_marks_and_line_ends_are_not_text(tmp_path, encoding, end):
    (tmp_path / "t").write_bytes(WORDS.replace("\n", end).encode(encoding))
    assert read_text(tmp_path / "t") == WORDS


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"one\ntwo \xff\n", "t:2: not UTF-8 (byte 5); convert the file"),
        ("one\n".encode("utf-16"), "t:1: UTF-16, not UTF-8; save it as UTF-8"),
        (b"one\ntwo\0\n", "t:2: a NUL character; write the file again"),
        (b"x" * 101, "t: has more than 0.0 MB, too much for this file"),
        (None, "t: cannot read this file: No such file or directory"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, data, message):
    if data is not None:
        (tmp_path / "t").write_bytes(data)
    with pytest.raises(AudiolabError) as caught:
        read_text(tmp_path / "t", largest=100)
    assert str(caught.value) == f"{tmp_path}/{message}"


def test_cells_know_their_lines(tmp_path):
    rows = [["a", "b"], ["x,\n1", 'say "hi"'], ["", "3"]]
    with open(tmp_path / "t", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert read_cells(tmp_path / "t") == [(f"{tmp_path}/t:{n}", row) for n, row in zip((1, 2, 4), rows)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a,b\n1,"2\n', "t:2: cannot be split into cells: unexpected end of data"),
        (f"a,b\n1,{'2' * 200_000}\n", "t:2: cannot be split into cells: field larger than field limit (131072)"),
        ("a,b\n1\n", "t:2: 1 columns in place of 2; the columns must be a, b"),
        ("a,c\n1,2\n", "t:1: the columns must be a, b, each once"),
        ("", "t:1: the columns must be a, b, each once"),
    ],
)
def test_records_that_are_none(tmp_path, text, message):
    (tmp_path / "t").write_text(text, newline="")
    with pytest.raises(AudiolabError) as caught:
        read_records(tmp_path / "t", ("a", "b"))
    assert message in str(caught.value)


def test_records_may_have_further_columns_in_any_order(tmp_path):
    (tmp_path / "t").write_text('b\tx\ta\n2\t"9\t1\n')
    read = read_records(tmp_path / "t", ("a", "b"), "\t", quoted=False, others=True)
    assert read == [(f"{tmp_path}/t:2", {"b": "2", "x": '"9', "a": "1"})]
    (tmp_path / "t").write_text("b\tx\n2\t3\n")
    with pytest.raises(AudiolabError, match="t:1: no column a; the columns must be a, b, by tabs"):
        read_records(tmp_path / "t", ("a", "b"), "\t", others=True)


def test_json_that_is_no_object(tmp_path):
    (tmp_path / "j").write_text('\ufeff{"a": 1}')
    assert read_json(tmp_path / "j") == {"a": 1}
    for text, message in (
        ("[1]", "where an object is to be"),
        ("{", "not valid JSON: Expecting property name"),
        ("[" * 100_000, "not valid JSON: maximum recursion depth"),
        (json.dumps("x" * 10**6), "where an object is to be"),
        (f'{{"a": {"9" * 9999}}}', "not valid JSON: Exceeds the limit"),
    ):
        (tmp_path / "j").write_text(text)
        with pytest.raises(AudiolabError, match=message):
            read_json(tmp_path / "j")


def test_every_error_is_one_line_that_can_be_read():
    for text in ("a\nb", "a\x85b\u2028c", "\udcff", "x" * 10**6, "\n" * 10**4):
        message = str(AudiolabError(f"{text}; do this"))
        assert message.splitlines() == [message]
        assert len(message) <= LONGEST
        assert message.encode().decode() == message
        assert one_line(message) == message
    assert str(AudiolabError(f"f: {'x' * 10**6}; do this")).endswith("x; do this")
    assert len(shown([["y" * 10**6] * 1000] * 1000)) <= 300
