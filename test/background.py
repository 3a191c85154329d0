"""Signals for processes of tests that run in the background, where a shell has them ignore some."""

import signal


def hear_signals() -> None:
    """Let a process hear Ctrl-C and a closed terminal; a ``preexec_fn``."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
