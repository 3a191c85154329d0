"""Loops that one waits for tell how far they are."""

import fcntl
import logging
import os
import pty
import struct
import subprocess
import sys
import termios

import pytest

from audiolab import waiting


@pytest.mark.parametrize(
    ("items", "total", "lines"),
    [
        ([3] * 7, None, ["3 of 7 utterances, 16 s left", "6 of 7 utterances, 4 s left"]),
        (iter([3] * 7), 9, ["3 of 9 utterances, 24 s left", "6 of 9 utterances, 12 s left"]),
        (iter([3] * 4), None, ["3 utterances"]),
        (iter([3] * 4), 103, ["3 of 103 utterances, 7 min left"]),
        (iter([3] * 4), 5403, ["3 of 5403 utterances, 6.0 h left"]),
        ([], None, []),
    ],
)
def test_a_line_every_ten_seconds_in_a_log(monkeypatch, caplog, items, total, lines):
    """Of work that takes 4 s an item."""
    seconds = 0.0
    monkeypatch.setattr(waiting.time, "monotonic", lambda: seconds)
    with caplog.at_level(logging.INFO):
        for item in waiting.told(items, "utterances", total):
            assert item == 3
            seconds += 4
    assert caplog.messages == lines


def test_bytes_are_told_in_megabytes(monkeypatch, caplog):
    """Of what was there, and of blocks of 4 s each."""
    seconds = 0.0
    monkeypatch.setattr(waiting.time, "monotonic", lambda: seconds)
    with caplog.at_level(logging.INFO), waiting.bytes_told("db.zip", 48_100_000, 2_000_000) as add:
        for _ in range(6):
            seconds += 4
            add(2_500_000)
    assert caplog.messages == ["db.zip: 9.5 of 48.1 MB", "db.zip: 17.0 of 48.1 MB"]


def test_a_bar_on_a_terminal_that_goes_away():
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    program = (
        "import time; from audiolab.waiting import told; print([time.sleep(0.2) for _ in told('abc', 'utterances')])"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=theirs, text=True)
    os.close(theirs)
    said = os.read(ours, 1 << 16).decode()
    assert done.stdout == "[None, None, None]\n"
    assert "utterances" in said
    assert "\n" not in said
