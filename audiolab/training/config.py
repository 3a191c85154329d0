"""The configs that every run has: the trainer's, one optimiser's for each update, and the run's that joins them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from audiolab.config import option
from audiolab.dataset import SystemDataset
from audiolab.errors import AudiolabError
from audiolab.training.system import System

FREE = frozenset(
    f"trainer.{name}"
    for name in (
        "max_steps", "max_epochs", "patience", "log_every", "valid_every", "valid_batch_size", "save_every",
        "keep_last", "keep_best", "average_best", "num_workers", "threads", "max_bad_steps",
    )
)  # fmt: skip
"""Keys that may differ when a run is taken up again: none of them changes what a step does to the weights."""


@dataclass
class OptimConfig:
    """Optimiser and schedule of one update."""

    name: Literal["adam", "adamw", "sgd", "rmsprop", "radam", "nadam", "adagrad", "adadelta"] = option(
        "adam", "optimiser"
    )
    lr: float = option(1e-3, "learning rate; the highest one where a schedule changes it")
    betas: list[float] = option(lambda: [0.9, 0.999], "decay of both moments (adam, adamw, radam, nadam)")
    eps: float = option(1e-8, "added to the denominator (all but sgd)")
    momentum: float = option(0.0, "momentum (sgd, rmsprop)")
    alpha: float = option(0.99, "decay of the mean square (rmsprop)")
    weight_decay: float = option(0.0, "L2 penalty; decoupled from the gradient for adamw")
    schedule: Literal["constant", "linear_decay", "cosine", "step", "exponential", "noam"] = option(
        "constant", "how the learning rate changes over steps; see audiolab.training.schedules"
    )
    warmup: int = option(0, "steps of a linear rise from 0 before any schedule; noam's peak", "steps")
    hold: int = option(0, "steps at the full rate before linear_decay, cosine, step or exponential begin", "steps")
    end: int | None = option(None, "step at which linear_decay and cosine arrive; null is trainer.max_steps", "steps")
    floor: float = option(0.0, "fraction of lr at which linear_decay and cosine arrive, and which none goes below")
    every: int | None = option(1000, "steps between two drops of step and exponential; null is an epoch", "steps")
    gamma: float = option(0.5, "factor of one drop")

    def __post_init__(self) -> None:
        _positive(self, "lr", "gamma", *(["every"] if self.every is not None else []))
        _not_negative(self, "eps", "momentum", "alpha", "weight_decay", "warmup", "hold", "floor")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas are two numbers in [0, 1), not {self.betas}")
        if self.floor > 1:
            raise ValueError(f"floor is a fraction of lr, at most 1, not {self.floor}")
        if self.schedule == "noam" and self.warmup < 1:
            raise ValueError("the schedule noam needs warmup, the step of its peak, to be at least 1")
        if self.end is not None and self.end <= self.warmup + self.hold:
            raise ValueError(f"end is {self.end}, but warmup and hold alone take {self.warmup + self.hold} steps")


@dataclass
class InitConfig:
    """Another run of this system, or of one with networks of the same names, with whose weights this one begins."""

    run: str | None = option(None, "training run that weights are taken from; null: they are drawn")
    networks: list[str] | None = option(None, "which networks take them; null: all that the other run has, too")
    checkpoint: bool = option(
        False, "take the weights, and the optimisers' states, of its last checkpoint in place of its model's weights"
    )

    def __post_init__(self) -> None:
        if self.run is None and (self.networks is not None or self.checkpoint):
            raise ValueError("networks and checkpoint need run, the training run that weights are taken from")


@dataclass
class TrainerConfig:
    """What the trainer does, whatever the system."""

    max_steps: int | None = option(None, "end of training; the first of max_steps and max_epochs counts", "steps")
    max_epochs: int | None = option(None, "end of training", "epochs")
    patience: int | None = option(None, "validations in a row without a better `best` that end training; null: no end")
    batch_size: int = option(1, "items of one step over all processes and micro-batches", "items")
    bucket: int = option(
        0, "batches whose items are put in the order of their sizes, so that a batch has items of like size; 0: none"
    )
    accumulate: int = option(1, "micro-batches that a process runs for one step, to save memory")
    clip_norm: float = option(0.0, "largest norm of an update's gradient; 0 is no clipping")
    precision: Literal["fp32", "bf16", "fp16"] = option("fp32", "arithmetic of the forward pass (autocast)")
    log_every: int = option(100, "interval of log lines and of training means in history.csv", "steps")
    valid_every: int = option(1000, "interval of validation", "steps")
    valid_batch_size: int | None = option(
        None, "items that a process validates at a time; null: as many as it trains on", "items"
    )
    save_every: int = option(1000, "interval of checkpoints", "steps")
    keep_last: int = option(2, "newest checkpoints that are kept")
    keep_best: int = option(0, "best checkpoints that are kept, by the metric `best`")
    best: str = option("", "validation metric that ranks checkpoints; empty: none does")
    best_mode: Literal["min", "max"] = option("min", "whether a low or a high value of `best` is good")
    average_best: int = option(0, "best checkpoints whose weights model.pt is the mean of; 0: the last weights")
    ema_decay: float = option(0.0, "decay, per step, of the mean of the exported weights; 0: off")
    num_workers: int = option(0, "processes that load data, for each training process")
    threads: int | None = option(None, "CPU threads of a training process; null: as PyTorch chooses")
    max_bad_steps: int = option(20, "skipped updates (loss or gradient not finite) in a row that end the run")
    deterministic: bool = option(True, "only operations that give the same bits again; some are slower on a GPU")

    def __post_init__(self) -> None:
        if self.max_steps is None and self.max_epochs is None:
            raise ValueError("one of max_steps and max_epochs must be given")
        _positive(self, "batch_size", "accumulate", "log_every", "valid_every", "save_every", "keep_last")
        optional = ("max_steps", "max_epochs", "patience", "valid_batch_size", "threads")
        _positive(self, *(name for name in optional if getattr(self, name) is not None))
        _not_negative(self, "bucket", "clip_norm", "keep_best", "average_best", "num_workers")
        _positive(self, "max_bad_steps")
        if not 0 <= self.ema_decay < 1:
            raise ValueError(f"ema_decay must lie in [0, 1), not {self.ema_decay}")
        if self.average_best > self.keep_best:
            raise ValueError(f"average_best is {self.average_best}, more than the {self.keep_best} of keep_best")
        for name in ("keep_best", "patience"):
            if getattr(self, name) and not self.best:
                raise ValueError(f"{name} needs best, the name of the validation metric that ranks checkpoints")
        if self.keep_best and self.save_every % self.valid_every:
            raise ValueError(
                f"save_every is {self.save_every}, no multiple of valid_every, {self.valid_every}: "
                "checkpoints could not be ranked"
            )


def run_config_class(system: type[System]) -> type:
    """Return the dataclass of a whole run of ``system``.

    Its fields are ``system`` (the registered name), ``system_conf``, ``data_conf``, ``init``, ``optim`` (one
    `OptimConfig` for each update, under the update's name), ``trainer`` and ``seed``.
    """
    optim = dataclasses.make_dataclass(
        "Optim", [(name, OptimConfig, option(OptimConfig)) for name in system.optimizes], namespace=_documented("Optim")
    )
    return dataclasses.make_dataclass(
        "RunConfig",
        [
            ("system", str, option(help="name of the system, such as softgan")),
            ("system_conf", system.Config, option(help="the system's parameters")),
            ("data_conf", system.DataConfig, option(help="the data")),
            ("optim", optim, option(help="optimisers")),
            ("trainer", TrainerConfig, option(help="the trainer")),
            ("init", InitConfig, option(InitConfig)),
            ("seed", int, option(0, "seed of all that is random; the same seed gives the same bits")),
        ],
        namespace=_documented("RunConfig") | {"__post_init__": _check_seed},
    )


def filled(config: Any, where: str, **found: Any) -> Any:
    """Return a config whose keys that are null have what was found in the training set.

    Args:
        config: A dataclass.
        where: Its place in the run's config, such as ``system_conf.encoder``.
        found: Values by key.

    Raises:
        AudiolabError: A key says other than the data.
    """
    for key, value in found.items():
        given = getattr(config, key)
        if given is not None and given != value:
            raise AudiolabError(
                f"{where}.{key} is {given}, but the training set has {value}: leave it out, or make the data anew"
            )
    return dataclasses.replace(config, **found)


def completed(config: Any, system: type[System], train_set: SystemDataset) -> Any:
    """Return a run's config with what its training set decides (`System.complete`).

    Raises:
        AudiolabError: Config and data do not go together.
    """
    try:
        return dataclasses.replace(config, system_conf=system.complete(config.system_conf, train_set))
    except ValueError as error:
        raise AudiolabError(f"system_conf, with what the training set has: {error}") from error


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield (dotted key, value before, value now) of what keeps a run from being taken up again under a new config.

    Schedules that end at ``trainer.max_steps`` are to be resolved before (`audiolab.training.schedules.resolve`).
    """
    flat_before, flat_now = dict(_flatten(before)), dict(_flatten(now))
    for key in [*flat_now, *(key for key in flat_before if key not in flat_now)]:
        if key not in FREE and flat_before.get(key) != flat_now.get(key):
            yield key, flat_before.get(key), flat_now.get(key)


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _documented(name: str) -> dict[str, Any]:
    return {"__module__": __name__, "__doc__": f"{name}: see `run_config_class`."}


def _check_seed(config: Any) -> None:
    _not_negative(config, "seed")


def _positive(config: Any, *names: str) -> None:
    for name in names:
        if getattr(config, name) <= 0:
            raise ValueError(f"{name} must be positive, not {getattr(config, name)}")


def _not_negative(config: Any, *names: str) -> None:
    for name in names:
        if getattr(config, name) < 0:
            raise ValueError(f"{name} must not be negative, not {getattr(config, name)}")
