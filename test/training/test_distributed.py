"""What is told where another process of a training has gone."""

import pytest

from audiolab.errors import AudiolabError
from audiolab.training.crash import guard
from audiolab.training.distributed import OthersLostError, with_others

GONE = "[../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by peer [127.0.0.1]:4321\nmore"


def test_others_that_are_gone_are_told_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("RANK", "1")
    said = r"^process 1: another process of this training has ended"
    with (
        pytest.raises(OthersLostError, match=said) as caught,
        with_others(),
        guard(tmp_path / "crash.1.pt", 3, []),
    ):
        raise RuntimeError(GONE)
    assert isinstance(caught.value, AudiolabError)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir()), "it is no crash of this process"


def test_a_bug_keeps_its_traceback():
    with pytest.raises(RuntimeError, match="shapes differ"), with_others():
        raise RuntimeError("shapes differ")
