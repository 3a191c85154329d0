"""What mini corpora share: they are made once, and a job that fails ends the others."""

import time
from dataclasses import dataclass

import pytest

from audiolab.corpora.mini import make_once, run_all
from audiolab.errors import AudiolabError


@dataclass(frozen=True)
class Sizes:
    speakers: int = 2


def test_it_is_made_again_only_for_other_sizes_or_another_seed(tmp_path):
    calls = []

    def write(folder):
        calls.append(folder)
        (folder / "x").write_text(str(len(calls)))

    for sizes, seed, made in ((Sizes(), 0, 1), (Sizes(), 0, 1), (Sizes(3), 0, 2), (Sizes(3), 1, 3), (Sizes(3), 1, 3)):
        assert make_once(tmp_path / "out", "c", sizes, seed, 1, write) == tmp_path / "out"
        assert len(calls) == made
        assert (tmp_path / "out/x").read_text() == str(made)
    with pytest.raises(AudiolabError, match="mini c: nj must be 1 or more, the seed 0 or more"):
        make_once(tmp_path / "other", "c", Sizes(), -1, 1, write)
    with pytest.raises(AudiolabError, match="out: is there already and not made from mini d"):
        make_once(tmp_path / "out", "d", Sizes(), 0, 1, write)


def test_a_job_that_fails_ends_the_others():
    done = []

    def job(number):
        if number == 3:
            raise AudiolabError("three")
        time.sleep(0.01)
        done.append(number)

    run_all([lambda n=n: job(n) for n in range(3)], 2)
    assert sorted(done) == [0, 1, 2]
    with pytest.raises(AudiolabError, match="three"):
        run_all([lambda n=n: job(n) for n in range(3, 200)], 2)
    assert len(done) < 100
