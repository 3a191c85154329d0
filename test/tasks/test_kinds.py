"""A scores.csv tells of which kind it is."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.tasks.kinds import KINDS, kind_of
from audiolab.tasks.se import tables as se
from audiolab.tasks.vc import tables as vc


def test_the_header_tells_the_kind(tmp_path):
    for kind in KINDS:
        kind.layout.write(tmp_path / "scores.csv", [])
        assert kind_of(tmp_path / "scores.csv") is kind
    assert {vc.TABLES, se.TABLES} == set(KINDS)


@pytest.mark.parametrize("text", ["", "system,seed\n", "system,seed\nx,1\n"])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "scores.csv").write_text(text)
    with pytest.raises(AudiolabError, match=r"scores.csv:1: the columns are not those of score_vc or score_se; score"):
        kind_of(tmp_path / "scores.csv")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AudiolabError, match=r"x.csv: cannot read the scores: .*; score_vc or score_se writes them"):
        kind_of(tmp_path / "x.csv")
