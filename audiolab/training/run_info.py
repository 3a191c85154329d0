"""What a run says about itself: ``run.json``, ``train.log`` and the first lines of the log."""

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
from audiolab.files import atomic_write
from audiolab.text import read_json
from audiolab.training.distributed import Processes
from audiolab.training.system import System

logger = logging.getLogger(__name__)


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


def log_start(system: System, config: Any, processes: Processes, items: int, steps: int) -> None:
    """Log processes, effective batch, precision, device, parameters by network, and optimisers."""
    trainer = config.trainer
    micro = trainer.batch_size // (processes.world * trainer.accumulate)
    device = torch.cuda.get_device_name(processes.device) if processes.device.type == "cuda" else "CPU"
    networks = ", ".join(
        f"{name} {sum(p.numel() for p in child.parameters()):,}"
        for name, child in system.named_children()
        if any(True for _ in child.parameters())
    )
    optimisers = ", ".join(
        f"{name}: {getattr(config.optim, name).name} {getattr(config.optim, name).lr:g} "
        f"{getattr(config.optim, name).schedule}"
        for name in system.optimizes
    )
    logger.info(
        "%s: %d process(es) on %s, batch %d = %d x %d x %d (processes x micro-batches x items), %s; parameters: %s; "
        "optimisers: %s; %d items, %d steps an epoch",
        config.system, processes.world, device, trainer.batch_size, processes.world, trainer.accumulate, micro,
        trainer.precision, networks, optimisers, items, steps,
    )  # fmt: skip


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


def command_line() -> list[str]:
    """Return the command that started this process, the interpreter and the package's folder left out."""
    main = sys.modules["__main__"]
    name = getattr(getattr(main, "__spec__", None), "name", None)
    return ["python", *(["-m", name] if name else [Path(sys.argv[0]).name]), *sys.argv[1:]]
