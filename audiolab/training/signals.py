"""Leaving cleanly when a scheduler asks for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from audiolab.errors import AudiolabError

EXIT_STATUS = 75
"""Exit status of a run that was stopped by a signal and saved (EX_TEMPFAIL of sysexits.h: "try again")."""


class StoppedError(AudiolabError):
    """The run was asked to stop, and has saved where it is; the same command goes on."""


@contextmanager
def watch() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether SIGTERM or SIGUSR1 has come; both are answered so inside the block only."""
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # Python sets handlers in the main thread only
        yield lambda: False
        return
    numbers = (signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, lambda number, frame: came.append(number)) for number in numbers}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
