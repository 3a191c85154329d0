"""Kaldi's ctm: read as it was written, and what is wrong with one is told with its line."""

import pytest

from audiolab.datadir.ctm import Segment, check_order, read_ctm, write_ctm
from audiolab.errors import AudiolabError

SPOKEN = {
    "b": [Segment(0.0, 0.125, "sil"), Segment(0.125, 0.3333, "ə"), Segment(0.3333, 0.5, "sil")],
    "a": [Segment(0.0, 1.0, "sil")],
}


def test_a_ctm_comes_back(tmp_path):
    write_ctm(tmp_path / "ctm", SPOKEN)
    assert (tmp_path / "ctm").read_text().splitlines() == [
        "a 1 0.0000 1.0000 sil", "b 1 0.0000 0.1250 sil", "b 1 0.1250 0.2083 ə", "b 1 0.3333 0.1667 sil"
    ]  # fmt: skip
    found = read_ctm(tmp_path / "ctm")
    assert list(found) == ["a", "b"]
    for name, segments in SPOKEN.items():
        for one, two in zip(found[name], segments, strict=True):
            assert one == pytest.approx((*two[:2], two[2]))


def test_confidences_are_left_out(tmp_path):
    (tmp_path / "ctm").write_text("a 1 0.5 0.25 t 0.9\n")
    assert read_ctm(tmp_path / "ctm") == {"a": [Segment(0.5, 0.75, "t")]}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a 1 0 1\n", "ctm:1: 4 fields; they are utterance, 1, start, duration, phone"),
        ("a 1 0 1 t\na 1 x 1 t\n", "ctm:2: start and duration must be seconds"),
        ("a 1 0 -1 t\n", "ctm:1: start and duration must be seconds"),
        ("a 1 0 1 t\nb 1 0 1 t\na 1 1 1 t\n", "ctm:3: lines of 'a' stand above, too"),
        ("a 1 0 1 t\na 1 0.5 1 u\n", "ctm:2: 'u' begins at 0.5 s, before the end of what precedes it at 1 s"),
    ],
)
def test_lines_that_are_wrong_are_told(tmp_path, text, told):
    (tmp_path / "ctm").write_text(text)
    with pytest.raises(AudiolabError, match=told):
        read_ctm(tmp_path / "ctm")


def test_gaps_are_told_where_there_may_be_none():
    segments = [Segment(0, 0.1, "a"), Segment(0.2, 0.3, "t")]
    check_order(segments, "utt")
    with pytest.raises(AudiolabError, match=r"utt: nothing stands between 0\.1 and 0\.2 s"):
        check_order(segments, "utt", gapless=True)
