"""Before the first step: everything that could fail after hours is tried once."""

from __future__ import annotations

import copy
import logging
import shutil
import time
from typing import Any

from torch import Tensor

from audiolab.dataset import Batch
from audiolab.errors import AudiolabError
from audiolab.training.checkpoint import KEYS, Checkpoints
from audiolab.training.export import write_file
from audiolab.training.loadfile import load_file
from audiolab.training.log import Meter
from audiolab.training.seeding import STEP, seed_torch
from audiolab.training.updater import Updater

logger = logging.getLogger(__name__)

SLOWER = 1.5
"""How many times the time of a step in fp32 another precision may take without a warning."""


def try_step(updater: Updater, batch: Batch, step: int) -> None:
    """Make a whole step on ``batch`` in every micro-batch's place, and then put everything back as it was.

    On a CPU that is asked for another precision there are two steps in each of it and fp32, for the first of each takes
    longer, and a warning says so where fp32 is the faster one. Weights, buffers, optimisers, loss scales and counts are
    restored; random states need not be, as every step is seeded anew.
    """
    system = updater.system
    weights, state = kept(system.state_dict()), kept(updater.state())
    batches = [batch] * updater.config.accumulate
    precisions = [updater.config.precision]
    if updater.processes.device.type == "cpu" and precisions != ["fp32"]:
        precisions = ["fp32", *precisions] * 2
    seconds = dict.fromkeys(precisions, float("inf"))
    for precision in precisions:
        seed_torch(0, STEP, step)
        began = time.perf_counter()
        updater.step(batches, step, Meter(), precision)
        seconds[precision] = min(seconds[precision], time.perf_counter() - began)
        system.load_state_dict(weights)
        updater.load(state)
    asked = updater.config.precision
    if updater.processes.main and seconds[asked] > SLOWER * seconds.get("fp32", float("inf")):
        logger.warning(
            "a step takes %.3g s in %s and %.3g s in fp32: this CPU has no fast %s; set trainer.precision to fp32",
            seconds[asked], asked, seconds["fp32"], asked,
        )  # fmt: skip


def try_checkpoint(checkpoints: Checkpoints, content: dict[str, Any], kept: int) -> None:
    """Write a checkpoint under a name of its own, read it back, and see whether the disk has room for ``kept``.

    Raises:
        AudiolabError: It cannot be written or read, or the disk is too full.
    """
    path = checkpoints.folder / "preflight.pt"
    try:
        size = write_file(path, content)
        load_file(path, KEYS, "a system's extra state must be plain values")
    finally:
        path.unlink(missing_ok=True)
    missing = max(1, kept + 1 - len(checkpoints.steps()))
    free = shutil.disk_usage(checkpoints.folder).free
    if free < missing * size:
        raise AudiolabError(
            f"{checkpoints.folder}: the disk has {free / 2**20:.0f} MiB free, {missing} checkpoints of "
            f"{size / 2**20:.1f} MiB do not fit; make room, or lower trainer.keep_last and trainer.keep_best"
        )


def kept(value: Any) -> Any:
    """Return a copy of a state, its tensors on the CPU: on the device it would take memory that training does not."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True)
    if isinstance(value, dict):
        return {key: kept(item) for key, item in value.items()}
    if isinstance(value, list):
        return [kept(item) for item in value]
    return copy.deepcopy(value)
