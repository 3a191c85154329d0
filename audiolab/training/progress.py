"""What the user sees while a run goes on: log lines, and on a terminal a bar."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Mapping
from types import TracebackType

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from audiolab.training.distributed import Processes

logger = logging.getLogger(__name__)


class Progress:
    """Log lines with means, learning rates, speed, and the share of time in which data was waited for."""

    def __init__(self, step: int, max_steps: int, processes: Processes) -> None:
        self.max_steps = max_steps
        self._stack = contextlib.ExitStack()
        hidden = not (processes.main and sys.stderr.isatty())
        self._bar = tqdm(total=max_steps, initial=step, unit="step", disable=hidden, leave=False)
        self._begin()

    def __enter__(self) -> Progress:
        self._stack.enter_context(self._bar)
        if not self._bar.disable:
            self._stack.enter_context(logging_redirect_tqdm())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()

    def stepped(self, waited: float, seconds: float) -> None:
        """Take in a step that took so many seconds, in the first ``waited`` of which it waited for its data."""
        self._waited += waited
        self._spent += seconds
        self._steps += 1

    def advance(self) -> None:
        """Move the bar on by one step."""
        self._bar.update()

    def logged(self, step: int, epoch: int, values: Mapping[str, float]) -> None:
        """Log the means of an interval that ends with ``step``; its speed is that of the steps alone."""
        logger.info(
            "step %d/%d epoch %d: %s; %.3g steps/s, %.0f %% waiting for data",
            step, self.max_steps, epoch, _pairs(values), self._steps / self._spent, 100 * self._waited / self._spent,
        )  # fmt: skip
        self._begin()

    def validated(self, step: int, metrics: Mapping[str, float]) -> None:
        """Log the scores of a validation."""
        logger.info("step %d validation: %s", step, _pairs(metrics))

    def _begin(self) -> None:
        self._steps, self._waited, self._spent = 0, 0.0, 0.0


def _pairs(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in values.items())
