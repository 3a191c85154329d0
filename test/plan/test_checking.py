"""What commands would say of jobs' arguments is told before the first job is run."""

import sys

import pytest

from audiolab.bin import plan
from audiolab.errors import AudiolabError

PHASES = """
axes: {top: number, seed: number}
phases:
  kept:
    {stage: 1:train, verb: keep_songs, over: [top, seed], folder: "{exp}/kept_{top}_s{seed}",
     arguments: "--data {exp}/counted_s{seed} --top {top} --out {folder}"}
"""


@pytest.mark.parametrize(("tops", "told"), [("50 100", ""), ("50 101", "--top 101"), ("0 50", "--top 0")])
def test_each_number_of_a_phase_is_looked_at(tmp_path, monkeypatch, tops, told):
    """Not the first job's alone: the last one would be refused days later."""
    (tmp_path / "phases.yaml").write_text(PHASES)
    words = [str(tmp_path / "phases.yaml"), "--make", "kept", "--set", "exp=exp", "--axes", f"top={tops}", "seed=0 1"]
    monkeypatch.setattr(sys, "argv", ["plan", "check", *words, "--parse"])
    if not told:
        plan.main()
        return
    with pytest.raises(AudiolabError, match=f"{told}: give a percentage"):
        plan.main()
