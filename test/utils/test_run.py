"""utils/run.py: run.pl's calling convention, its logs, failures, threads and signals."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from calls import call, wait_for

RUN = Path(__file__).parents[2] / "utils" / "run.py"


@pytest.fixture
def start(tmp_path):
    return partial(call, RUN, tmp_path)


def test_logs_and_substitution(run, tmp_path):
    assert run("JOB=2:4", "log/JOB/x.JOB.log", "printf", "%s|", "JOB", "a b", "xJOBJOBx", "$HOME", "--mem", "*") == (
        0,
        "",
    )
    assert {path.name for path in tmp_path.rglob("*.log")} == {"x.2.log", "x.3.log", "x.4.log"}
    lines = (tmp_path / "log/3/x.3.log").read_text().splitlines()
    assert lines[0] == "# printf '%s|' 3 'a b' x33x '$HOME' --mem '*'"
    assert lines[1].startswith("# Started at ")
    assert lines[3].startswith("3|a b|x33x|$HOME|--mem|*|# Accounting: time=0 threads=1")
    assert re.fullmatch(r"# Ended \(code 0\) at .*, elapsed time 0 seconds", lines[4])


def test_a_log_has_what_earlier_calls_wrote(run, tmp_path):
    """Also where one was killed in mid-line; what is shown and picked is of the last call."""
    (tmp_path / "x.log").write_text("# true\n# Started at now\n#\nhalf a line")
    assert run("x.log", "echo", "first") == (0, "")
    code, said = run("x.log", "bash", "-c", "echo second; exit 3")
    assert code == 1
    assert "  second\n" in said
    assert "first" not in said
    assert run("--pick", "failed", "x.log", "echo", "third") == (0, "")
    assert run("--pick", "failed", "x.log", "true")[1].startswith("nothing to run")
    lines = (tmp_path / "x.log").read_text().splitlines()
    assert [line for line in lines if line and line[0] != "#"] == ["half a line", "first", "second", "third"]
    assert lines[3:5] == ["half a line", "# echo first"]
    assert [line[:16] for line in lines if line.startswith("# Ended")] == [f"# Ended (code {n})" for n in (0, 3, 0)]


def test_options_may_stand_behind_the_range_as_in_kaldi(run, tmp_path):
    assert (
        run("--max-jobs-run", "1", "JOB=1:2", "--num-threads", "3", "x.JOB.log", "printenv", "OMP_NUM_THREADS")[0] == 0
    )
    assert (tmp_path / "x.2.log").read_text().splitlines()[3] == "3"
    code, said = run("JOB=1:2", "--num-threads", "3", "x.JOB.log", "false")
    assert code == 1
    again = shlex.split(said.splitlines()[-1].split("again with: ")[1])
    assert again[-7:] == ["--pick", "failed", "--num-threads", "3", "JOB=1:2", "x.JOB.log", "false"]


def test_a_command_that_is_no_utf8(run, tmp_path):
    assert run("x.log", "printf", b"a\xffb") == (0, "")
    assert b"printf 'a\xffb'" in (tmp_path / "x.log").read_bytes()


def test_what_outlives_its_job_does_not_write_over_the_end_of_the_log(run, tmp_path):
    assert run("x.log", "(sleep 0.5; echo late; touch done) & exit 0") == (0, "")
    wait_for((tmp_path / "done").exists)
    lines = (tmp_path / "x.log").read_text().splitlines()
    assert lines[-2].startswith("# Ended (code 0)")
    assert lines[-1] == "late"


def test_a_log_that_cannot_be_written_stops_all_jobs(run, tmp_path):
    (tmp_path / "x.2.log").mkdir()
    code, said = run("--max-jobs-run", "2", "JOB=1:2", "x.JOB.log", "bash", "-c", "echo $$ >pid; exec sleep 300")
    assert code == 1
    assert said.startswith("error: run.py: cannot write the log x.2.log: Is a directory; all jobs were stopped")
    assert said.count("\n") == 1
    assert not (tmp_path / "pid").exists() or not _runs(int((tmp_path / "pid").read_text() or 0))
    code, said = run("--pick", "failed", "JOB=1:2", "x.JOB.log", "true")
    assert (code, said) == (1, "error: x.2.log: cannot read this log: Is a directory; give the log another name\n")


def test_sigusr1_is_passed_on_and_run_py_waits(start, tmp_path):
    process = start("x.log", "trap 'echo saved; exit 75' USR1; touch ready; while :; do sleep 0.05; done")
    while not (tmp_path / "ready").exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGUSR1)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "\n  saved\n" in said
    assert "# Ended (code 75)" in (tmp_path / "x.log").read_text()


def test_a_single_argument_is_a_command_line(run, tmp_path):
    assert run("LANE=1:2", "x.LANE.log", "printf 'LANE b' | tr b c >made.LANE") == (0, "")
    assert (tmp_path / "made.2").read_text() == "2 c"
    assert run("x.log", "false | cat")[0] == 1


def test_failure_shows_the_reason_and_pick_failed_runs_only_what_failed(run, tmp_path):
    script = "seq 100 130; echo ran JOB >>ran; test -e mended || exit $((JOB % 2 ? 0 : 7))"
    call = ("JOB=1:4", "log/x.JOB.log", "bash", "-c", script)
    code, said = run("--max-jobs-run", "1", *call)
    assert code == 1
    shown = said.splitlines()
    assert shown[0] == "run.py: the last lines of log/x.2.log:"
    assert len(shown) == 1 + 20 + 1
    assert "  130" in shown
    assert "Ended (code 7)" in shown[-2]
    assert shown[-1].startswith("error: run.py: 2 of 4 jobs (2 4) failed; run them again with: ")
    (tmp_path / "mended").touch()
    again = shown[-1].split("again with: ")[1]
    bin_folder = Path(sys.executable).parent
    done = subprocess.run(["bash", "-c", again], env={**os.environ, "PATH": f"{bin_folder}:{os.environ['PATH']}"})
    assert done.returncode == 0
    assert (tmp_path / "ran").read_text() == "ran 1\nran 2\nran 3\nran 4\nran 2\nran 4\n"
    code, said = run("--pick", "failed", *call)
    assert (code, said) == (0, "nothing to run: none of the jobs of log/x.JOB.log is failed\n")


def test_pick_incomplete_runs_what_never_ended(run, tmp_path):
    assert run("JOB=1:3", "x.JOB.log", "true")[0] == 0
    (tmp_path / "x.1.log").unlink()
    (tmp_path / "x.2.log").write_text("# true\n# Started at now\n#\nhalf a line")
    assert run("--pick=failed", "JOB=1:3", "x.JOB.log", "touch", "JOB")[0] == 0
    assert not (tmp_path / "1").exists()
    assert run("--pick=incomplete", "JOB=1:3", "x.JOB.log", "touch", "JOB")[0] == 0
    assert [(tmp_path / name).exists() for name in "123"] == [True, True, False]


def test_a_command_that_does_not_exist(run, tmp_path):
    code, said = run("JOB=1:2", "x.JOB.log", "nosuchcommand", "a")
    assert code == 1
    assert "  cannot start nosuchcommand: No such file or directory" in said
    assert "# Ended (code 127)" in (tmp_path / "x.2.log").read_text()


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_are_those_that_are_asked_for(run, tmp_path, threads):
    names = ("OMP", "MKL", "OPENBLAS", "NUMBA")
    text = " ".join(f"${name}_NUM_THREADS" for name in names)
    assert run("--num-threads", str(threads), "x.log", f"echo {text}", OMP_NUM_THREADS="9")[0] == 0
    assert (tmp_path / "x.log").read_text().splitlines()[3] == " ".join([str(threads)] * 4)


def test_jobs_at_a_time_are_limited_and_run_side_by_side(run, tmp_path):
    script = "touch on.JOB; sleep 0.3; set -- on.*; echo $#; rm on.JOB"  # a glob alone: ls may find one gone
    assert run("--max-jobs-run", "2", "JOB=1:5", "x.JOB.log", "bash", "-c", script)[0] == 0
    counts = [int((tmp_path / f"x.{job}.log").read_text().splitlines()[3]) for job in range(1, 6)]
    assert max(counts) == 2


def test_jobs_have_gpus_of_their_own(run, tmp_path):
    script = "echo $CUDA_VISIBLE_DEVICES; sleep 0.3"
    args = ("--gpu", "2", "--max-jobs-run", "9", "JOB=1:4", "x.JOB.log", "bash", "-c", script)
    begun = time.monotonic()
    assert run(*args, CUDA_VISIBLE_DEVICES="5,3,0,1,7")[0] == 0
    assert time.monotonic() - begun > 0.6  # two at a time
    given = [(tmp_path / f"x.{job}.log").read_text().splitlines()[3] for job in (1, 2)]
    assert given == ["5,3", "0,1"]
    code, said = run(*args, CUDA_VISIBLE_DEVICES="")
    assert code == 1
    assert said == "error: run.py: --gpu 2, but there are 0 GPUs here; use --gpu 0 for the CPU\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_processes_of_all_jobs(start, tmp_path, number):
    script = "sleep 300 & echo $! >pid.JOB; touch ready.JOB; wait"
    process = start("--max-jobs-run", "2", "JOB=1:3", "x.JOB.log", "bash", "-c", script)
    wait_for(lambda: len(list(tmp_path.glob("ready.*"))) == 2)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert f"stopped by {number.name}; go on with: cd {tmp_path} && " in said
    assert not (tmp_path / "x.3.log").exists()
    assert "# Ended (code 143)" in (tmp_path / "x.1.log").read_text()
    for job in (1, 2):
        assert not _runs(int((tmp_path / f"pid.{job}").read_text()))


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "a log and a command are needed"),
        (["JOB=1:2", "x.log"], "a log and a command are needed"),
        (["JOB=1:2", "x.log", "true"], "2 jobs would write one log, x.log; put JOB in its name"),
        (["JOB=0:2", "x.JOB.log", "true"], "JOB=0:2 holds no jobs"),
        (["JOB=3:2", "x.JOB.log", "true"], "JOB=3:2 holds no jobs"),
        (["JOB=1:", "x.JOB.log", "true"], "JOB=1: holds no jobs; write JOB=1:N"),
        (["JOB=-1:3", "x.JOB.log", "true"], "JOB=-1:3 holds no jobs"),
        (["JOB=1:3:5", "x.JOB.log", "true"], "JOB=1:3:5 holds no jobs"),
        (["JOB=1:999999999", "x.JOB.log", "true"], "1000000 at most"),
        (["JOB=1:2", "--max-job-run", "2", "x.JOB.log", "true"], "did you mean '--max-jobs-run'?"),
        (["", "true"], "a log and a command are needed"),
        (["x.log", ""], "a log and a command are needed"),
        (["--nodes", "2", "x.log", "true"], "run.py knows this machine only; use slurm.py"),
        (["--max-job-run", "2", "x.log", "true"], "unknown argument '--max-job-run'; did you mean '--max-jobs-run'?"),
        (["--num-threads", "0", "x.log", "true"], "--num-threads: '0' is no count of 1 or more"),
        (["--mem", "4 GB", "x.log", "true"], "--mem: '4 GB' is no size"),
        (["--pick", "faild", "x.log", "true"], "--pick: unknown 'faild'; did you mean 'failed'?"),
    ],
)
def test_refusals(run, tmp_path, args, message):
    code, said = run(*args)
    assert code == 1
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert message in said
    assert not list(tmp_path.iterdir())
