"""Data dirs that options name."""

import pytest

from audiolab.datadir.named import parse_named_dirs
from audiolab.errors import AudiolabError


def test_a_name_may_have_several_dirs(tmp_path):
    for name in "abc":
        (tmp_path / name).mkdir()
    found = parse_named_dirs([f"one={tmp_path / 'a'}", f"two={tmp_path / 'b'}", f"one={tmp_path / 'c'}"], "--sets")
    assert {name: [made.path.name for made in dirs] for name, dirs in found.items()} == {
        "one": ["a", "c"],
        "two": ["b"],
    }


@pytest.mark.parametrize("text", ["train", "=train", "train="])
def test_what_is_no_pair_is_refused(text):
    with pytest.raises(AudiolabError, match=f"--sets: '{text}' is not NAME=DIR"):
        parse_named_dirs([text], "--sets")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AudiolabError, match="x: no such data dir"):
        parse_named_dirs([f"train={tmp_path / 'x'}"], "--sets")
