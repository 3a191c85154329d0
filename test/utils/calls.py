"""Calls of the programs that run jobs."""

import os
import subprocess
import sys
import time


def call(program, folder, *args, **env):
    """Start a Python program in a folder."""
    return subprocess.Popen(
        [sys.executable, program, *args],
        cwd=folder,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition, seconds=20):
    """Wait until ``condition()`` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
