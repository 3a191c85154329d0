"""Leaving cleanly when a scheduler asks for it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from audiolab.errors import AudiolabError

logger = logging.getLogger(__name__)

EXIT_STATUS = 75
"""Exit status of a run that was stopped by a signal and saved (EX_TEMPFAIL of sysexits.h: "try again")."""

GRACE = "AUDIOLAB_GRACE_S"
"""Environment variable: seconds from SIGTERM to SIGKILL, of what starts jobs; unset: there is no SIGKILL."""

_MARGIN = 2.0  # seconds before SIGKILL


class StoppedError(AudiolabError):
    """The run was asked to stop, and has saved where it is; the same command goes on."""


@contextmanager
def watch() -> Iterator[Callable[[], bool]]:
    """Yield a function that tells whether SIGTERM or SIGUSR1 has come; both are answered so inside the block only.

    Where a SIGKILL will follow SIGTERM (`GRACE`), and the block has not ended shortly before, because a step or a
    validation takes too long, the process says so and ends with `EXIT_STATUS`: the last checkpoint is what there is.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # Python sets handlers in the main thread only
        yield lambda: False
        return
    numbers = (signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, lambda number, frame: came.append(number)) for number in numbers}
    try:
        with _giving_up_in_time():
            yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _giving_up_in_time() -> Iterator[None]:
    grace = float(os.environ.get(GRACE, "inf"))
    if grace == float("inf"):
        yield
        return
    read, write = socket.socketpair()
    write.setblocking(False)
    before = signal.set_wakeup_fd(write.fileno())  # tells of a signal at once, also within a long operation of PyTorch
    ended = threading.Event()
    thread = threading.Thread(target=_await_sigterm, args=(read, ended, max(0.0, grace - _MARGIN)), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        write.close()
        thread.join()
        read.close()


def _await_sigterm(told: socket.socket, ended: threading.Event, seconds: float) -> None:
    with contextlib.suppress(ConnectionError):
        while signal.SIGTERM not in (numbers := told.recv(64)):
            if not numbers:  # the block has ended
                return
    if not ended.wait(seconds):
        logger.warning(
            "asked to stop, and nothing could be saved for %.3g s, since a step or a validation takes longer: run the "
            "same command to go on from the last checkpoint, or the beginning",
            seconds,
        )
        os._exit(EXIT_STATUS)
