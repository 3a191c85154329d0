"""utils/slurm.py against commands that stand in for Slurm's; tools/check_slurm.sh tries it on a real one."""

import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from calls import call, wait_for

SLURM = Path(__file__).parents[2] / "utils" / "slurm.py"
SBATCH = f"""#!{sys.executable}
# Runs an array's tasks one after another in this process group, whose number is the job's id.
import os, re, subprocess, sys
open("sbatch.args", "w").write("\\n".join(sys.argv[1:]))
if "--partition=nosuch" in sys.argv:
    sys.exit("sbatch: error: invalid partition specified: nosuch")
print(os.environ.get("GREETING", ""), end="")
print(f"{{os.getpid()}};cluster", flush=True)
given = dict(word.split("=", 1) for word in sys.argv[1:] if "=" in word)
script, codes = sys.stdin.read(), [0]
said = lambda task: open(given["--output"].replace("%a", str(task)).replace("%%", "%"), "w")
for part in given.get("--array", "0").split("%")[0].split(","):
    first, last = (part.split("-") * 2)[:2]
    for task in range(int(first), int(last) + 1):
        if os.path.exists(f"lost.{{task}}"):
            said(task).write("slurmstepd: error: oom-kill event\\n")
            codes.append(137)
            continue
        environment = {{**os.environ, "SLURM_ARRAY_TASK_ID": str(task)}}
        with said(task) as output:
            codes.append(subprocess.run(["bash"], input=script, text=True, env=environment, stderr=output).returncode)
sys.exit(max(codes))
"""
SCANCEL = """#!/bin/bash
printf '%s\\n' "$@" >scancel.args
if [[ -n $DENIED ]]; then echo 'scancel: error: Access denied' >&2; exit 1; fi
kill -TERM -- "-$2"
"""


@pytest.fixture
def start(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in {"sbatch": SBATCH, "scancel": SCANCEL}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)

    return partial(call, SLURM, tmp_path, PATH=f"{tools}:{os.environ['PATH']}")


def asked(folder):
    """Return what sbatch was told."""
    return (folder / "sbatch.args").read_text().splitlines()


def test_an_array_runs_each_job_and_asks_for_what_it_needs(run, tmp_path):
    (tmp_path / "site.yaml").write_text(
        "partition: cpu\ngpu_partition: gpu\ntime: '1:00:00'\nextra: --qos=high -x n1\n"
    )
    options = ["--mem", "4G", "--num-threads", "2", "--max-jobs-run", "3", "--config", "site.yaml", "--time", "2:00:00"]
    command = ["LANE=1:4", "log/x.LANE.log", "bash", "-c", "echo 'a  b' LANE $OMP_NUM_THREADS"]
    assert run(*options, *command) == (0, "")
    assert (tmp_path / "log/x.3.log").read_text().splitlines()[3] == "a  b 3 2"
    wanted = ["--parsable", "--wait", "--array=1-4%3", "--mem=4G", "--cpus-per-task=2", "--partition=cpu"]
    assert {*wanted, "--time=2:00:00", "--qos=high", "-x", "n1", f"--chdir={tmp_path}"} <= set(asked(tmp_path))
    assert not any(word.startswith(("--gres", "--account")) for word in asked(tmp_path))
    assert run("--gpu", "2", "--config", "site.yaml", "one.log", "true") == (0, "")
    assert {"--gres=gpu:2", "--partition=gpu"} <= set(asked(tmp_path))
    assert not any(word.startswith("--array") for word in asked(tmp_path))


SRUN = """#!/bin/bash
for word in "$@"; do echo "srun $word"; done
while [[ $1 == --* ]]; do shift; done
exec "$@"
"""


def test_a_job_of_several_machines_is_started_by_srun_on_each(run, tmp_path):
    (tmp_path / "bin/srun").write_text(SRUN)
    (tmp_path / "bin/srun").chmod(0o755)
    options = ("--nodes", "2", "--gpu", "4", "--num-threads", "3")
    assert run(*options, "JOB=1:2", "x.JOB.log", "echo", "a  JOB") == (0, "")
    assert {"--nodes=2", "--ntasks-per-node=1", "--gres=gpu:4", "--cpus-per-task=3"} <= set(asked(tmp_path))
    lines = (tmp_path / "x.2.log").read_text().splitlines()
    wanted = {"--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--cpus-per-task=3", "--kill-on-bad-exit=1"}
    assert {f"srun {word}" for word in wanted} <= set(lines)
    assert "a  2" in lines
    assert run(*options, "--cores", "9", "JOB=1:2", "x.JOB.log", "echo", "$OMP_NUM_THREADS") == (0, "")
    assert "--cpus-per-task=9" in asked(tmp_path)
    assert "srun --cpus-per-task=9" in (tmp_path / "x.2.log").read_text()
    assert "threads=3" in (tmp_path / "x.2.log").read_text()
    assert run("--nodes", "2", "x.log", "false | true")[0] == 1  # a command line, with pipefail on each machine
    assert run("y.log", "echo", "a") == (0, "")
    assert "srun" not in (tmp_path / "y.log").read_text()
    assert not any(word.startswith(("--nodes", "--ntasks")) for word in asked(tmp_path))


def test_the_folder_may_have_the_variable_and_percent_signs_in_its_name(start, tmp_path):
    folder = tmp_path / "JOBS 100%" / "q"
    folder.mkdir(parents=True)
    call = [sys.executable, str(SLURM), "JOB=1:2", "log/x.JOB.log", "true"]
    environment = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    said = f"{tmp_path}/JOBS 100%%/q/log/q/x.%a.log"
    assert f"--output={said}" in asked(folder)


def test_logs_without_an_ending_are_kept_apart(run, tmp_path):
    run("JOB=1:2", "log/x.JOB", "bash", "-c", "exit JOB")
    assert run("--partition", "nosuch", "JOB=1:2", "log/x.JOB", "true")[0] == 1
    for job in "12":
        assert f"# Ended (code {job})" in (tmp_path / "log" / f"x.{job}").read_text()


def test_failure_and_pick(run, tmp_path):
    script = "echo the reason JOB; test -e mended || exit $((JOB > 2 ? 0 : 7))"
    call = ("JOB=1:5", "log/x.JOB.log", "bash", "-c", script)
    code, said = run(*call)
    assert code == 1
    assert said.startswith("slurm.py: the last lines of log/x.1.log:\n")
    assert "\n  the reason 1\n" in said
    assert "error: slurm.py: 2 of 5 jobs (1 2) failed; run them again with: cd " in said
    assert "slurm.py --pick failed JOB=1:5 log/x.JOB.log" in said
    (tmp_path / "mended").touch()
    assert run("--pick", "failed", *call) == (0, "")
    assert "--array=1-2" in asked(tmp_path)
    log = (tmp_path / "log/x.1.log").read_text()
    assert re.findall("^the reason 1$|^# Ended .code .", log, re.MULTILINE) == [
        "the reason 1", "# Ended (code 7", "the reason 1", "# Ended (code 0"
    ]  # fmt: skip


def test_a_job_that_slurm_killed_is_incomplete_even_with_an_old_log(run, tmp_path):
    call = ("JOB=1:3", "log/x.JOB.log", "true")
    assert run(*call) == (0, "")
    (tmp_path / "lost.2").touch()
    code, said = run(*call)
    assert code == 1
    assert "  slurmstepd: error: oom-kill event\n" in said
    assert "1 of 3 jobs (2) failed; run them again with: " in said
    assert "--pick incomplete JOB=1:3" in said


def test_a_refused_job_leaves_the_logs_as_they_were(run, tmp_path):
    call = ("JOB=1:2", "log/x.JOB.log", "bash", "-c", "exit 3")
    run(*call)
    before = [path.read_bytes() for path in sorted((tmp_path / "log").glob("x.*"))]
    code, said = run("--partition", "nosuch", "--pick", "failed", *call)
    assert code == 1
    assert "sbatch: error: invalid partition specified: nosuch\nerror: slurm.py: sbatch refused the job" in said
    assert [path.read_bytes() for path in sorted((tmp_path / "log").glob("x.*"))] == before
    assert "# Ended (code 3)" in before[1].decode()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_job(start, tmp_path, number):
    process = start("JOB=1:2", "log/x.JOB.log", "bash", "-c", "touch ready; sleep 300")
    wait_for((tmp_path / "ready").exists)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert f"slurm.py: cancelled by {number.name}; go on with: " in said
    cluster, job = (tmp_path / "scancel.args").read_text().split()
    assert cluster == "--clusters=cluster"
    assert job.isdecimal()
    wait_for(lambda: "# Ended (code 143)" in (tmp_path / "log/x.1.log").read_text())


def test_what_a_site_greets_with_is_no_job(start, tmp_path):
    """Its id is what is cancelled, and the greeting is shown."""
    greeting = "Welcome to 2 clusters!\n12 nodes are down\n"
    process = start("JOB=1:2", "log/x.JOB.log", "bash", "-c", "touch ready; sleep 300", GREETING=greeting)
    wait_for((tmp_path / "ready").exists)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 143
    assert said.startswith(greeting)
    assert "slurm.py: cancelled by SIGTERM; go on with: " in said
    wait_for(lambda: "# Ended (code 143)" in (tmp_path / "log/x.1.log").read_text())


def test_a_job_that_cannot_be_cancelled_is_told(start, tmp_path):
    process = start("JOB=1:2", "log/x.JOB.log", "bash", "-c", "echo $$ >ready; exec sleep 30", DENIED="1")
    wait_for(lambda: (tmp_path / "ready").exists() and (tmp_path / "ready").read_text())
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=20)
    job = (tmp_path / "scancel.args").read_text().split()[1]
    os.killpg(int(job), signal.SIGKILL)
    os.kill(int((tmp_path / "ready").read_text()), signal.SIGKILL)
    assert process.returncode == 143
    assert "scancel: error: Access denied" in said
    assert f"the job may run on, end it with: scancel --clusters=cluster {job}\n" in said
    assert "slurm.py: stopped, but not its job, by SIGTERM; go on with: " in said
    assert "cancelled" not in said


def test_long_commands_are_handed_over_or_refused_in_one_line(run, tmp_path):
    words = ["x" * 1000] * 200
    assert run("x.log", "true", *words) == (0, "")
    code, said = run("--partition", "nosuch", "y.log", "true", *words)
    assert code == 1
    assert said.splitlines()[0] == "sbatch: error: invalid partition specified: nosuch"
    assert "Traceback" not in said


def test_an_unbalanced_quote(run, tmp_path):
    (tmp_path / "site.yaml").write_text("extra: --comment='a\n")
    code, said = run("--config", "site.yaml", "x.log", "true")
    assert code == 1
    assert said.startswith("error: slurm.py: extra: No closing quotation: --comment='a; mend it in the --config")
    assert said.count("\n") == 1


def test_no_slurm_here(start, tmp_path):
    (tmp_path / "bin" / "sbatch").unlink()
    empty = {**os.environ, "PATH": str(tmp_path / "bin")}
    done = subprocess.run(
        [sys.executable, SLURM, "x.log", "true"], cwd=tmp_path, env=empty, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr == "error: slurm.py: there is no sbatch here; set AUDIOLAB_BACKEND=local or install Slurm\n"


def test_a_misspelt_key_of_the_config(run, tmp_path):
    (tmp_path / "site.yaml").write_text("time: '1:00:00'\npartitoin: cpu\n")
    code, said = run("--config", "site.yaml", "x.log", "true")
    assert (code, said) == (1, "error: site.yaml:2: unknown key 'partitoin'; did you mean 'partition'?\n")
