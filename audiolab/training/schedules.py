"""Learning rates as functions of the step, so that a resumed run needs no state to go on with the right one.

With the step s, counted from 0 before the first step, the warm-up W, and s' = s - W - hold where that is positive:

| schedule | factor on lr |
|---|---|
| constant | 1 |
| linear_decay | from 1 to ``floor``, in a line, at ``end`` |
| cosine | ``floor + (1 - floor) (1 + cos(π s' / (end - W - hold))) / 2`` (Loshchilov & Hutter, no restarts) |
| step | ``gamma ** (s' // every)``; an epoch's steps are a decay by epochs |
| exponential | ``gamma ** (s' / every)`` |
| noam | ``min((s + 1) / W, sqrt(W / (s + 1)))``: Vaswani et al.'s, scaled so that its peak, at W, is lr |

All but noam rise as ``(s + 1) / W`` over the first W steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from audiolab.training.config import OptimConfig

_ENDING = ("linear_decay", "cosine")


def resolve(config: OptimConfig, max_steps: int, epoch: int) -> OptimConfig:
    """Return ``config`` with what is null in it: ``end`` is ``max_steps``, ``every`` the steps of an ``epoch``.

    Raises:
        ValueError: Warm-up and hold leave no step to the schedule.
    """
    if config.every is None:
        config = replace(config, every=epoch)
    if config.schedule not in _ENDING or config.end is not None:
        return config
    return replace(config, end=max_steps)


def rate(config: OptimConfig, step: int) -> float:
    """Return the learning rate of ``step``, the number of steps that were made before."""
    if config.schedule == "noam":
        return config.lr * max(config.floor, min((step + 1) / config.warmup, math.sqrt(config.warmup / (step + 1))))
    if step < config.warmup:
        return config.lr * (step + 1) / config.warmup
    return config.lr * max(config.floor, _SHAPES[config.schedule](config, max(0, step - config.warmup - config.hold)))


def _linear_decay(config: OptimConfig, step: int) -> float:
    return 1 - (1 - config.floor) * _progress(config, step)


def _cosine(config: OptimConfig, step: int) -> float:
    return config.floor + (1 - config.floor) * (1 + math.cos(math.pi * _progress(config, step))) / 2


def _progress(config: OptimConfig, step: int) -> float:
    if config.end is None:
        raise ValueError(f"the schedule {config.schedule} has no end; resolve the config first")
    return min(1.0, step / (config.end - config.warmup - config.hold))


_SHAPES: dict[str, Callable[[OptimConfig, int], float]] = {
    "constant": lambda config, step: 1.0,
    "linear_decay": _linear_decay,
    "cosine": _cosine,
    "step": lambda config, step: config.gamma ** (step // config.every),
    "exponential": lambda config, step: config.gamma ** (step / config.every),
}
