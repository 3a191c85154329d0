"""Prompts: which utterances read the same, which prompts are shared by most."""

import numpy as np
import pytest

from audiolab.data.prompts import most_shared, prompts_of, reading, shuffled
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.errors import AudiolabError

UTT2SPK = {f"{speaker}_{number}": speaker for speaker in "abc" for number in ("001", "002", "003")}


def data_dir(path, texts):
    return write_data_dir(path, {"utt2spk": UTT2SPK, "text": texts})


def test_same_words_under_the_same_name(tmp_path):
    texts = dict.fromkeys(UTT2SPK, "Other") | {"a_001": "Please call!", "b_001": "please  CALL", "c_002": "please call"}
    prompts = prompts_of(data_dir(tmp_path / "d", texts))
    assert prompts["a_001"] == prompts["b_001"] == ("001", "please call")
    assert prompts["c_002"] != prompts["a_001"]
    assert prompts["a_002"] == prompts["b_002"] != prompts["a_003"]
    plain = write_data_dir(tmp_path / "p", {"utt2spk": {"a-1": "a", "b-2": "b"}, "text": {"a-1": "x", "b-2": "X."}})
    assert prompts_of(plain) == {"a-1": ("", "x"), "b-2": ("", "x")}


def test_without_texts(tmp_path):
    with pytest.raises(AudiolabError, match="d: no text, so nothing tells of prompts; give --hold_out utterances"):
        prompts_of(write_data_dir(tmp_path / "d", {"utt2spk": UTT2SPK}))
    (tmp_path / "d/text").write_text("a_001 x\n")
    with pytest.raises(AudiolabError, match="d/text: has no 'a_002', which utt2spk has"):
        prompts_of(DataDir(tmp_path / "d"))


def test_most_shared():
    prompts = {name: (name[2:], "w" if name[2:] != "003" or name[0] != "c" else "only c's") for name in UTT2SPK}
    rng = np.random.default_rng(0)
    assert sorted(most_shared(prompts, UTT2SPK, 2, rng)) == [("001", "w"), ("002", "w")]
    assert sorted(most_shared(prompts, UTT2SPK, 3, rng))[2] == ("003", "w")
    with pytest.raises(AudiolabError, match="4 prompts are to be held out, but 3 are read by several speakers"):
        most_shared(prompts, UTT2SPK, 4, rng)
    drawn = {tuple(most_shared(prompts, UTT2SPK, 1, np.random.default_rng(seed))) for seed in range(20)}
    assert len(drawn) == 2  # of those that as many read, the generator decides
    orders = {tuple(most_shared(prompts, UTT2SPK, 3, np.random.default_rng(seed))) for seed in range(40)}
    assert len(orders) == 6


def test_nobodys_words_are_no_prompt():
    silent = {name: ("001", "") for name in UTT2SPK}
    with pytest.raises(AudiolabError, match="1 prompts are to be held out, but 0"):
        most_shared(silent, UTT2SPK, 1, np.random.default_rng(0))


def test_reading():
    prompts = {"a_1": ("", "x"), "a_2": ("", "y"), "a_3": ("", "x")}
    assert reading(["a_1", "a_2", "a_3"], prompts, [("", "y"), ("", "z"), ("", "x")]) == ["a_2", "a_1"]


def test_shuffled():
    assert sorted(shuffled("abcdef", np.random.default_rng(0))) == list("abcdef")
    assert shuffled("abcdef", np.random.default_rng(0)) != list("abcdef")
    assert shuffled("abcdef", np.random.default_rng(0)) == shuffled("abcdef", np.random.default_rng(0))
