"""Several processes under torchrun: how the command that starts them ends, and what it must be told."""

import os
import signal
import subprocess
import sys

import pytest

from audiolab.errors import AudiolabError
from audiolab.training.launch import launch
from audiolab.training.signals import EXIT_STATUS

PROCESS = """
import os, sys, time
print("ready", flush=True)
time.sleep(float(sys.argv[1]))
sys.exit(int(sys.argv[2]) if os.environ["RANK"] == "1" else 0)
"""
LAUNCHER = "import sys; from audiolab.training.launch import launch; launch('process', sys.argv[1:], 2, 1, None, None)"


def start(folder, seconds, status):
    (folder / "process.py").write_text(PROCESS)
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


@pytest.mark.parametrize(
    ("slurm", "message"),
    [
        ({}, "which machine is this"),
        ({"SLURM_NODEID": "0"}, "where is the first machine"),
        ({"SLURM_NODEID": "0", "SLURM_JOB_NODELIST": "-x"}, "no list of hosts"),
        ({"SLURM_NODEID": "0", "SLURM_JOB_NODELIST": "n[1-2]", "PATH": ""}, "scontrol does not tell the hosts of n"),
    ],
)
def test_several_machines_that_cannot_be_found_are_told(monkeypatch, slurm, message):
    for name in ("SLURM_NODEID", "SLURM_JOB_NODELIST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TORCHELASTIC_SIGNALS_TO_HANDLE", "")  # put back what launch sets
    for name, value in slurm.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(AudiolabError, match=message):
        launch("process", [], 1, 2, None, None)
