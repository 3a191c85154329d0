"""Transcripts in files of their own."""

import pytest

from audiolab.corpora.transcripts import read_transcript
from audiolab.errors import AudiolabError


def test_words_are_apart_by_one_space(tmp_path):
    (tmp_path / "a.txt").write_text("\ufeff  One\r\n two\t three ")
    assert read_transcript(tmp_path / "a.txt") == "One two three"


def test_windows_encoding_is_read_and_said_and_no_other(tmp_path, caplog):
    (tmp_path / "a.txt").write_bytes(b"It\x92s")
    assert read_transcript(tmp_path / "a.txt") == "It\u2019s"
    assert "a.txt: not UTF-8, read as Windows-1252" in caplog.text
    for data in (b"\x81\x92", b"a\x92\0b"):
        (tmp_path / "a.txt").write_bytes(data)
        with pytest.raises(AudiolabError, match=r"a\.txt"):
            read_transcript(tmp_path / "a.txt")
