"""What a run tells: its first line, means of its steps and scores of its validations, and on a terminal a bar."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from audiolab.training.distributed import Processes
from audiolab.training.history import History, draw_curves
from audiolab.training.system import System

logger = logging.getLogger(__name__)

PROGRESS_EVERY = 10.0
"""Seconds between two lines that say how far a run is before its first line of means."""


class Meter:
    """Values of scalars since the last log line, kept as tensors so that no step waits for the device."""

    def __init__(self) -> None:
        self._values: dict[str, list[Tensor]] = {}

    def add(self, name: str, value: Tensor) -> None:
        """Take in one scalar; nothing is computed and nothing copied from the device."""
        self._values.setdefault(name, []).append(value.detach())

    def means(self, processes: Processes) -> dict[str, float]:
        """Return the mean of each name over all values of all processes, and begin anew."""
        local = {name: (float(values.sum()), len(values)) for name, values in self.state().items()}
        self._values = {}
        joined: dict[str, list[tuple[float, int]]] = {}
        for part in processes.gather(local):
            for name, pair in part.items():
                joined.setdefault(name, []).append(pair)
        return {name: sum(s for s, _ in pairs) / sum(n for _, n in pairs) for name, pairs in joined.items()}

    def state(self) -> dict[str, Tensor]:
        """Return all values so far by name, float64 on the CPU."""
        return {name: torch.stack(values).double().cpu() for name, values in self._values.items()}

    def load(self, states: list[dict[str, Tensor]], processes: Processes) -> None:
        """Go on from what `state` gave in each process; where their number has changed, the main one takes all."""
        first, last = (0, len(states)) if processes.main else (0, 0)
        if len(states) == processes.world:
            first, last = processes.rank, processes.rank + 1
        self._values = {}
        for state in states[first:last]:
            for name, values in state.items():
                self._values.setdefault(name, []).extend(values.to(processes.device).unbind())


class RunLog:
    """Log lines with means, learning rates, speed, and the share of time in which data was waited for; the history.

    Args:
        folder: The run's.
        step: Where the run begins or goes on.
        max_steps: Where it ends.
        processes: Those that share the run; the main one writes.

    Attributes:
        meter: Takes in what steps give.
    """

    def __init__(self, folder: Path, step: int, max_steps: int, processes: Processes) -> None:
        self.meter = Meter()
        self._folder, self._step, self._max_steps, self._processes = folder, step, max_steps, processes
        self._history = History(folder, step, processes.main)
        self._bar: tqdm | None = None
        self._drawn = time.monotonic()
        self._next_line = -math.inf
        self._begin_interval()

    @contextmanager
    def bar(self) -> Iterator[None]:
        """Show a bar inside the block, where standard error is a terminal; it moves with `stepped`."""
        hidden = not (self._processes.main and sys.stderr.isatty())
        with (
            tqdm(total=self._max_steps, initial=self._step, unit="step", disable=hidden, leave=False) as self._bar,
            nullcontext() if hidden else logging_redirect_tqdm(),
        ):
            yield
        self._bar = None

    def stepped(self, waited: float, seconds: float) -> None:
        """Take in a step that took so many seconds, in the first ``waited`` of which it waited for its data."""
        self._waited += waited
        self._spent += seconds
        self._steps += 1
        if self._bar is not None:
            self._bar.update()

    def passed(self, step: int) -> None:
        """Log that a step was made, the first one and then one now and then, until `trained` tells more."""
        if time.monotonic() >= self._next_line:
            logger.info("step %d/%d", step, self._max_steps)
            self._next_line = time.monotonic() + PROGRESS_EVERY

    def trained(self, step: int, epoch: int, more: Mapping[str, float]) -> None:
        """Log the meter's means of an interval that ends with ``step``, and more; its speed is that of steps alone."""
        values = self.meter.means(self._processes) | more
        logger.info(
            "step %d/%d epoch %d: %s; %.3g steps/s, %.0f %% waiting for data",
            step, self._max_steps, epoch, _pairs(values), self._steps / self._spent, 100 * self._waited / self._spent,
        )  # fmt: skip
        self._next_line = math.inf
        self._begin_interval()
        self._history.add(step, epoch, "train", values)

    def validated(self, step: int, epoch: int, scores: Mapping[str, float]) -> None:
        """Log the scores of a validation."""
        logger.info("step %d validation: %s", step, _pairs(scores))
        self._history.add(step, epoch, "valid", scores)

    def draw(self, every: float = 0.0) -> None:
        """Draw the curves, unless that was done less than ``every`` seconds ago."""
        if self._processes.main and time.monotonic() - self._drawn >= every:
            draw_curves(self._folder)
            self._drawn = time.monotonic()

    def close(self) -> None:
        """End the history's files."""
        self._history.close()

    def _begin_interval(self) -> None:
        self._steps, self._waited, self._spent = 0, 0.0, 0.0


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


def _pairs(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
