"""Tables of texts and the recordings that they list."""

import logging

import pytest

from audiolab.corpora.listed import listed_recordings, read_metadata
from audiolab.errors import AudiolabError


def test_the_written_out_text_is_taken(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = tmp_path / "metadata.csv"
    lines = ["\ufeffa|In 1900 …|In  nineteen hundred …\r", 'b|No "second" one', "", "c|Raw only|", "d||"]
    path.write_text("\n".join([*lines, "a|x|In nineteen hundred …\n"]))
    assert read_metadata(path) == {"a": "In nineteen hundred …", "b": 'No "second" one', "c": "Raw only"}
    assert "left out: lines without a text: 1, as line 5" in caplog.text


@pytest.mark.parametrize(
    ("line", "told"),
    [("b", "not <id>"), ("b|1|2|3", "not <id>"), ("|text|text", "not <id>"), ("a|no", "'a' comes twice")],
)
def test_faults_are_told_by_their_line(tmp_path, line, told):
    path = tmp_path / "metadata.csv"
    path.write_text(f"a|yes|yes\n{line}\n")
    with pytest.raises(AudiolabError, match=rf"^{path}:2: .*{told}") as caught:
        read_metadata(path)
    assert "\n" not in str(caught.value)


def test_what_is_listed_and_there_is_taken_and_the_rest_told(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    folder = tmp_path / "wavs"
    folder.mkdir()
    for name in ("a.wav", "b.FLAC", "._a.wav", "extra.wav", "a.txt"):
        (folder / name).write_bytes(b"")
    assert listed_recordings(folder, {"b": "", "a": "", "gone": ""}) == {"a": folder / "a.wav", "b": folder / "b.FLAC"}
    assert "lines without a recording: 1, as of 'gone'" in caplog.text
    assert "recordings without a line: 1" in caplog.text
    assert listed_recordings(tmp_path / "none", {"a": ""}) == {}
    (folder / "a.flac").write_bytes(b"")
    with pytest.raises(AudiolabError, match=r"a\.wav is there, too|a\.flac is there, too"):
        listed_recordings(folder, {"a": ""})
