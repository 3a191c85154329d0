"""Leaving in time, also within an operation that lasts."""

import os
import signal
import subprocess
import sys
import time

import pytest

from audiolab.training.signals import EXIT_STATUS, GRACE

LONG = """
import hashlib, os
from audiolab.training.signals import watch
with watch():
    os.write(1, b"ready\\n")
    hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)  # Python's handlers do not run within it
"""


@pytest.mark.skipif(sys.platform != "linux", reason="SIGKILL follows SIGTERM in utils/run.py, on Linux")
def test_ends_before_sigkill_where_a_step_lasts_longer():
    process = subprocess.Popen(
        [sys.executable, "-c", LONG], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {GRACE: "3"},
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    sent = time.monotonic()
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == EXIT_STATUS
    assert time.monotonic() - sent >= 1
    assert said.startswith("asked to stop, and nothing could be saved for 1 s")


def test_without_a_sigkill_to_come_the_step_is_waited_for():
    env = {name: value for name, value in os.environ.items() if name != GRACE}
    code = LONG.replace("10**9", "10**6") + "print('ended')\n"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=120)[0] == "ended\n"
    assert process.returncode == 0


def test_a_block_that_ends_in_time_leaves_nothing_behind():
    code = LONG.replace("10**9", "10") + "import threading; print(threading.active_count())\n"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | {GRACE: "3"}
    )
    assert done.stdout == "ready\n1\n"
