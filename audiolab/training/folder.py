"""A run's folder: one run's at a time, free of what a killed one left half-written, with a log and ``run.json``."""

from __future__ import annotations

import json
import logging
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import torch

import audiolab
from audiolab.config import save_yaml
from audiolab.errors import AudiolabError
from audiolab.files import atomic_write, try_lock
from audiolab.textfile import read_json
from audiolab.training.distributed import Processes


@contextmanager
def opened(expdir: Path, processes: Processes) -> Iterator[None]:
    """Make ``expdir``; inside the block nobody else trains in it, and ``train.log`` takes what is logged.

    Args:
        expdir: The run's folder.
        processes: Those that share the run; the main one writes.

    Raises:
        AudiolabError: Another process trains there, or the folder cannot be made.
    """
    with claimed(expdir, processes.main), log_to(expdir / "train.log", processes):
        yield


@contextmanager
def claimed(expdir: Path, main: bool) -> Iterator[None]:
    """Make ``expdir``, and let nobody else train in it inside the block.

    The lock is the process's own: it ends with it, however it ends, and workers that outlive it do not hold it.

    Args:
        expdir: The run's folder.
        main: Whether this is the process that writes; the others do nothing.

    Raises:
        AudiolabError: Another process trains there, or the folder cannot be made.
    """
    if not main:
        yield
        return
    try:
        expdir.mkdir(parents=True, exist_ok=True)
        lock = open(expdir / ".lock", "w", encoding="utf-8")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise AudiolabError(f"{expdir}: cannot write there: {error.strerror}; give another --expdir") from error
    with lock:
        try:
            free = try_lock(lock)
        except OSError as error:
            raise AudiolabError(f"{lock.name}: cannot be locked: {error.strerror}; give another --expdir") from error
        if not free:
            raise AudiolabError(f"{expdir}: another process is training there; wait for it or stop it")
        for folder in (expdir, expdir / "checkpoints", expdir / "curves"):
            for path in folder.glob(".*.tmp"):  # atomic_write's, of a run that was killed
                path.unlink(missing_ok=True)
        yield


@contextmanager
def log_to(path: Path, processes: Processes) -> Iterator[None]:
    """Let the main process log to ``path`` too, and keep the others to warnings."""
    package = logging.getLogger("audiolab")
    level = package.level
    if processes.main:
        handler: logging.Handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
        package.addHandler(handler)
    package.setLevel(logging.INFO if processes.main else logging.ERROR)
    try:
        yield
    finally:
        package.setLevel(level)
        if processes.main:
            package.removeHandler(handler)
            handler.close()


def note_start(expdir: Path, config: Any) -> None:
    """Write what is trained, ``config.yaml``, and how that was started, ``run.json``."""
    save_yaml(config, expdir / "config.yaml")
    write_run_json(expdir / "run.json", command_line())


def write_run_json(path: Path, argv: list[str]) -> None:
    """Write how the run was started; where it was before, add this start to ``resumed``.

    Args:
        path: ``run.json``.
        argv: The command line, as typed.
    """
    start: dict[str, Any] = {
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "audiolab": audiolab.__version__,
        },
        "commit": _commit(),
        "command": shlex.join(argv),
        "start": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    if path.exists():
        first = read_json(path, "how the run was started", "move it away; a new one is written")
        before = first.get("resumed", [])
        start = first | {"resumed": [*(before if isinstance(before, list) else []), start]}
    with atomic_write(path) as file:
        json.dump(start, file, indent=2)
        file.write("\n")


def command_line() -> list[str]:
    """Return the command that started this process, the interpreter and the package's folder left out."""
    main = sys.modules["__main__"]
    name = getattr(getattr(main, "__spec__", None), "name", None)
    return ["python", *(["-m", name] if name else [Path(sys.argv[0]).name]), *sys.argv[1:]]


def _commit() -> str | None:
    """Return the commit of the checkout that audiolab runs from, with ``+`` where files differ; None outside one."""
    folder = Path(audiolab.__file__).parent
    try:
        command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        tracked = subprocess.run(
            ["git", "-C", str(folder), "ls-files", "--error-unmatch", "__init__.py"], capture_output=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == tracked.returncode == 0 else None
