"""Several processes under torchrun: how the command that starts them ends, and what it must be told."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from audiolab.bin.train import parse
from audiolab.errors import AudiolabError
from audiolab.training.launch import launch
from audiolab.training.signals import EXIT_STATUS

PROCESS = """
import os, sys, time
os.write(1, b"ready\\n")  # at once, for two processes write into one pipe
time.sleep(float(sys.argv[1]))
sys.exit(int(sys.argv[2]) if os.environ["RANK"] == "1" else 0)
"""
LAUNCHER = "import sys; from audiolab.training.launch import launch; launch('process', sys.argv[1:], 2, 1, None, None)"


def start(folder, seconds, status, program=PROCESS):
    (folder / "process.py").write_text(program)
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-c", LAUNCHER, str(seconds), str(status)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path})


@pytest.mark.parametrize("status", [0, 1, EXIT_STATUS])
def test_ends_as_its_processes_end(tmp_path, status):
    assert start(tmp_path, 0, status).wait(60) == status


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, EXIT_STATUS), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_says_that_it_saved_only_where_it_was_asked_to_stop(tmp_path, number, status):
    process = start(tmp_path, 60, 0)
    assert process.stdout.readline() == process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.wait(60) == status


ENDING = """
import os, time
from audiolab.training.launch import end_with_launcher
end_with_launcher()
os.write(1, b"ready\\n")
time.sleep(60)
"""


def test_processes_end_with_a_launcher_that_is_killed(tmp_path):
    process = start(tmp_path, 0, 0, ENDING)
    assert process.stdout.readline() == process.stdout.readline() == "ready\n"
    process.kill()
    killed = time.monotonic()
    assert process.stdout.read() == ""  # comes when nobody holds the pipe's other end
    assert time.monotonic() - killed < 30


@pytest.mark.parametrize(
    ("slurm", "message"),
    [
        ({}, "which machine is this"),
        ({"SLURM_NODEID": "0"}, "where is the first machine"),
        ({"SLURM_NODEID": "0", "SLURM_JOB_NODELIST": "-x"}, "which is none; give --master"),
        ({"SLURM_NODEID": "0", "SLURM_STEP_NUM_NODES": "3"}, "--num_nodes 2, but srun started this on 3"),
        ({"SLURM_NODEID": "0", "SLURM_JOB_NODELIST": "n[1-2]", "PATH": ""}, "scontrol does not tell the hosts of n"),
    ],
)
def test_several_machines_that_cannot_be_found_are_told(monkeypatch, slurm, message):
    for name in [name for name in os.environ if name.startswith("SLURM_")]:
        monkeypatch.delenv(name, raising=False)
    for name in ("TORCHELASTIC_SIGNALS_TO_HANDLE", "AUDIOLAB_LAUNCHER"):
        monkeypatch.setenv(name, "")  # put back what launch sets
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AudiolabError, match=message):
        launch("process", [], 1, 2, None, None)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--node_rank", "2"], "--node_rank 2 of --num_nodes 2: machines are counted from 0 to 1"),
        (["--node_rank", "-1"], "--node_rank -1 of"),
        (["--master", "host:99999"], "--master 'host:99999': give host:port of machine 0, a port from 1 to 65535"),
        (["--master", "host:0"], "give host:port"),
        (["--master", "host:"], "give host:port"),
        (["--master", "a b:1"], "give host:port"),
    ],
)
def test_machines_that_cannot_be_are_told_before_any_is_waited_for(given, told):
    speakers = ["--data_conf.train_dir", "x", "--data_conf.source", "a", "--data_conf.target", "b"]
    options = ["--system", "softgan", *speakers, "--trainer.max_steps", "1", "--expdir", "run", "--num_nodes", "2"]
    assert parse([*options, "--node_rank", "1", "--master", "host:65535"])[2].master == "host:65535"
    with pytest.raises(AudiolabError, match=told):
        parse([*options, *given])


PLACE = """
import json, os
names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
os.write(1, json.dumps([os.environ[name] for name in names]).encode() + b"\\n")
"""
SCONTROL = """#!/bin/bash
[[ "$*" == "show hostnames n[3-4]" ]] && printf '127.0.0.1\\nn4\\n'
"""


def test_machines_under_slurm_find_each_other(tmp_path):
    (tmp_path / "process.py").write_text(PLACE)
    (tmp_path / "scontrol").write_text(SCONTROL)
    (tmp_path / "scontrol").chmod(0o755)
    for port in range(23456, 30000):  # a free one, of those that a job's number can give
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            break
    slurm = {"SLURM_STEP_NODELIST": "n[3-4]", "SLURM_JOB_NODELIST": "n[1-4]", "SLURM_STEP_NUM_NODES": "2"}
    paths = {
        "PATH": os.pathsep.join([str(tmp_path), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    command = [sys.executable, "-c", LAUNCHER.replace("2, 1, None", "2, 2, None")]
    machines = [
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | slurm | paths | {"SLURM_NODEID": str(node), "SLURM_JOB_ID": f"7{port - 20000:04}"},
        )
        for node in range(2)
    ]
    said = [json.loads(line) for machine in machines for line in machine.communicate(timeout=120)[0].splitlines()]
    assert [machine.returncode for machine in machines] == [0, 0]
    assert sorted(said) == [[str(rank), "4", str(rank % 2), "127.0.0.1", str(port)] for rank in range(4)]
