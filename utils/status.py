"""Says how far the jobs of a call are: on a terminal in one live line, else in a line a minute."""

from __future__ import annotations

import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import launcher

ON_TERMINAL_S, ELSEWHERE_S = 1.0, 60.0
"""Seconds between two lines."""
WIDEST = 160
"""Letters of a line where there is no terminal."""
_FAR = re.compile(r"\b(\d+)(?:/| of )(\d+)\b")  # a trainer's `step 450/1500`, a converter's `12 of 48`
_LOG_TIME = re.compile(r"^\d\d:\d\d:\d\d ")


class Status:
    """How far jobs are, as their logs say; a log that was there before the call counts when it has changed.

    Args:
        jobs: The jobs of the call.
    """

    def __init__(self, jobs: Sequence[launcher.Job]) -> None:
        self._before = {job.log: _stamp(job.log) for job in jobs}
        self._open = list(self._before)
        self._count, self._done, self._failed = len(jobs), 0, 0
        self._began = time.monotonic()

    def line(self) -> str:
        """Return how many jobs are done, how long that took, how long it may take yet, and what was said last."""
        running, parts = self._running(), 0.0
        said = ""
        if running:
            latest = max(running, key=lambda log: running[log][0])
            said = f"; {latest.stem}: {running[latest][1][-1]}" if running[latest][1] else ""
            parts = sum(next(filter(None, map(_share, reversed(lines))), 0.0) for _, lines in running.values())
        failed = f" ({self._failed} failed)" if self._failed else ""
        spent = time.monotonic() - self._began
        share = (self._done + parts) / self._count
        left = f", about {_duration(spent * (1 - share) / share)} left" if share > 0 and spent > ON_TERMINAL_S else ""
        return f"{self._done} of {self._count} jobs done{failed}, {_duration(spent)}{left}{said}"

    def _running(self) -> dict[Path, tuple[int, list[str]]]:
        """Return the logs of jobs that run with (time of the last change, last lines); count those that have ended."""
        running = {}
        for log in list(self._open):
            stamp = _stamp(log)
            if stamp is None or stamp == self._before[log]:
                continue
            try:
                lines, code = launcher.said(log), launcher.exit_code(log)
            except OSError:
                continue  # moved in between
            if code is None:
                told = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
                running[log] = stamp[0], [_LOG_TIME.sub("", line) for line in told]
            else:
                self._open.remove(log)
                self._done += 1
                self._failed += code != 0
        return running


@contextmanager
def watching(jobs: Sequence[launcher.Job], quiet: bool = False, stream: TextIO | None = None) -> Iterator[None]:
    """Tell on ``stream``, standard error by default, how far ``jobs`` are while the block runs.

    Args:
        jobs: Those of the call.
        quiet: Say nothing.
        stream: A terminal has one line that changes; anything else gets a line a minute.
    """
    stream = stream or sys.stderr
    if quiet or stream is None or not jobs:
        yield
        return
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(Status(jobs), stream, ended), daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def _tell(status: Status, stream: TextIO, ended: threading.Event) -> None:
    live = stream.isatty()
    try:
        while not ended.wait(ON_TERMINAL_S if live else ELSEWHERE_S):
            line = status.line()
            width = shutil.get_terminal_size().columns - 1 if live else WIDEST
            line = line if len(line) <= width else f"{line[: width - 1]}…"
            stream.write(f"\r{line}\033[K" if live else f"{time.strftime('%H:%M:%S')} {line}\n")
            stream.flush()
        if live:
            stream.write("\r\033[K")
            stream.flush()
    except (OSError, ValueError):
        pass  # nobody reads any more; the jobs go on


def _stamp(log: Path) -> tuple[int, int] | None:
    """Return what changes with a log: (time of the last change in ns, bytes); None where there is none."""
    try:
        found = os.stat(log)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _share(line: str) -> float:
    """Return which part of a job a line of its log says is done; 0 where it does not say."""
    found = _FAR.search(line)
    if not found or not 0 < int(found[1]) <= int(found[2]):
        return 0.0
    return int(found[1]) / int(found[2])


def _duration(seconds: float) -> str:
    """Return a duration as one says it: ``45 s``, ``3 min 20 s``, ``2 h 5 min``.

    >>> _duration(45.2), _duration(200), _duration(7500)
    ('45 s', '3 min 20 s', '2 h 5 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
