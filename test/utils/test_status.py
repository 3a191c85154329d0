"""utils/status.py: how far jobs are, by their logs."""

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "utils"))

import launcher  # noqa: E402
import status  # noqa: E402


@pytest.fixture
def jobs(tmp_path):
    return [launcher.Job(number, tmp_path / f"train.{number}.log", ("true",)) for number in range(1, 5)]


def write(job, text, at):
    job.log.write_text(f"# true\n# Started at now\n#\n{text}", encoding="utf-8")
    os.utime(job.log, (at, at))


def test_jobs_are_counted_and_the_latest_line_is_shown(jobs, monkeypatch):
    clock = iter([0.0, 1800.0])
    monkeypatch.setattr(status.time, "monotonic", lambda: next(clock))
    found = status.Status(jobs)
    write(jobs[0], "12:00:01 done\n# Accounting: time=5 threads=1\n# Ended (code 0) at now\n", 10)
    write(jobs[1], "a traceback\n# Accounting: time=5 threads=1\n# Ended (code 1) at now\n", 11)
    write(
        jobs[2],
        "12:00:03 9 of 9 items\nstep 450/1500 epoch 2: loss 1.2\nstep 450 validation: loss 2\n# a comment\n\n",
        13,
    )
    write(jobs[3], "12:00:02 12 of 60 utterances\n", 12)
    # 1 + 1 + 0.3 + 0.2 of 4 jobs in 30 minutes: 18 minutes more
    assert found.line() == (
        "2 of 4 jobs done (1 failed), 30 min 0 s, about 18 min 0 s left; train.3: step 450 validation: loss 2"
    )


def test_logs_of_an_earlier_call_tell_nothing(jobs):
    for job in jobs:
        write(job, "step 5/10\n# Accounting: time=5 threads=1\n# Ended (code 0) at now\n", 10)
    found = status.Status(jobs)
    assert found.line() == "0 of 4 jobs done, 0 s"
    write(jobs[0], "begun\n", 20)
    assert found.line() == "0 of 4 jobs done, 0 s; train.1: begun"
    write(jobs[0], "begun\n# Accounting: time=5 threads=1\n# Ended (code 0) at now\n", 30)
    assert found.line().startswith("1 of 4 jobs done, 0 s")


def test_what_an_earlier_call_wrote_into_a_log_tells_nothing(jobs, monkeypatch):
    """It was killed, or ended; the job that runs now has said nothing yet, and then how far it is."""
    clock = iter([0.0, 60.0, 60.0])
    monkeypatch.setattr(status.time, "monotonic", lambda: next(clock))
    found = status.Status(jobs[:1])
    earlier = "step 450/1500 loss 1\n\n# true\n# Started at now\n#\n"
    write(jobs[0], earlier, 10)
    assert found.line() == "0 of 1 jobs done, 1 min 0 s"
    write(jobs[0], f"{earlier}going on from step 500 of 1500\n", 20)
    assert found.line() == "0 of 1 jobs done, 1 min 0 s, about 2 min 0 s left; train.1: going on from step 500 of 1500"


@pytest.mark.parametrize("line", ["", "no number", "17/0", "9 of 3", "3/", "0 of 9"])
def test_lines_that_do_not_say_how_far_a_job_is(line):
    assert status._share(line) == 0


SLOW = ("JOB=1:2", "log/JOB.log", "for n in 1 2 3; do echo step $n/3 of JOB; sleep 0.4; done")


def test_on_a_terminal_one_line_changes_and_goes_away(tmp_path):
    ours, theirs = pty.openpty()
    call = [sys.executable, ROOT / "utils/run.py", "--max-jobs-run", "2", *SLOW]
    done = subprocess.run(call, cwd=tmp_path, stderr=theirs, env=os.environ | {"COLUMNS": "40"})
    os.close(theirs)
    said = os.read(ours, 1 << 16).decode()
    assert done.returncode == 0
    assert "\n" not in said
    lines = said.split("\r")
    assert re.fullmatch(r"0 of 2 jobs done, 1 s.*…\x1b\[K", lines[1])
    assert max(len(line) for line in lines) <= 39 + len("\x1b[K")
    assert lines[-1] == "\x1b[K"


def test_elsewhere_a_line_now_and_then(tmp_path, monkeypatch):
    monkeypatch.setattr(status, "ELSEWHERE_S", 0.2)
    job = launcher.Job(1, tmp_path / "x.log", ("true",))
    with open(tmp_path / "said", "w", encoding="utf-8") as stream, status.watching([job], stream=stream):
        write(job, f"step 1/4 {200 * 'x'}\n", 10)
        time.sleep(0.5)
    lines = (tmp_path / "said").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert re.fullmatch(r"\d\d:\d\d:\d\d 0 of 1 jobs done, 0 s; x: step 1/4 x+…", lines[0])


def test_a_short_or_quiet_call_says_nothing(tmp_path):
    for options in ((), ("--quiet",)):
        call = [sys.executable, ROOT / "utils/run.py", *options, *SLOW]
        done = subprocess.run(call, cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
