"""The plug: what a paper's system shows to the trainer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from audiolab.dataset import Batch, SystemDataset


@dataclass(frozen=True)
class Update:
    """One optimiser step.

    Attributes:
        name: A key of `System.optimizes`: which networks are stepped.
        loss: Scalar; a mean over the batch, so that parts which hold half of it each may be averaged (`Whole.share`).
        stats: Scalars to be logged, as ``{"cycle": tensor}``; detached by the trainer. What `System.validate` scores as
            well has its name.
        parts: Which modules or parameters of these networks are stepped, by their dotted names in the system
            (``"decoder.heads.3"``); None: all. What is not named stays as it is, bit for bit, its optimiser's state and
            its average, too. All parts of a whole batch name the same.
    """

    name: str
    loss: Tensor
    stats: dict[str, Tensor] = field(default_factory=dict)
    parts: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Mean:
    """A mean that can be joined over batches and processes: ``total / count``."""

    total: float
    count: float

    def __add__(self, other: Mean) -> Mean:
        return Mean(self.total + other.total, self.count + other.count)

    @property
    def value(self) -> float:
        """The mean; NaN where nothing was counted."""
        return self.total / self.count if self.count else float("nan")


@dataclass(frozen=True)
class Initial:
    """A network that begins with the weights of another training run.

    Attributes:
        network: Takes them.
        run: The other run's folder.
        name: Of the network there: one of its `System.exports`, or any, of a checkpoint; or a part of it, as
            ``enhancer.encoder``.
        key: The config's key that names the run.
        checkpoint: They are those of its last checkpoint, not the averaged ones of its ``model.pt``.
    """

    network: nn.Module
    run: str | Path
    name: str
    key: str
    checkpoint: bool = False


@dataclass(frozen=True)
class Together:
    """Logged values that are best seen in one plot for training and one for validation.

    Attributes:
        names: Words for the legend -> logged name.
        title: Title of these plots.
        note: How to read them.
    """

    names: Mapping[str, str]
    title: str
    note: str = ""


class System(nn.Module, ABC):
    """A paper's networks and losses, as the trainer sees them.

    Subclasses set the class attributes, build their networks as child modules in ``__init__(config)``, and yield the
    updates that one batch gives. Statistics of the training data belong into buffers, set by `setup`.

    Attributes:
        Config: Dataclass of the system's own parameters (``system_conf`` in a YAML).
        DataConfig: Dataclass of its data (``data_conf``): folders and cropping.
        optimizes: Update name -> names of the child networks which it steps.
        exports: The child networks (and buffers, by name) that inference needs; weights are averaged over steps for
            these only.
        together: Which of its logged values belong into one plot of a report; None: each has its own.
    """

    Config: ClassVar[type]
    DataConfig: ClassVar[type]
    optimizes: ClassVar[dict[str, tuple[str, ...]]]
    exports: ClassVar[tuple[str, ...]] = ()
    together: ClassVar[Together | None] = None

    @classmethod
    @abstractmethod
    def datasets(cls, config: Any) -> tuple[SystemDataset, SystemDataset]:
        """Return the training and the validation set for a ``DataConfig``."""

    @classmethod
    def complete(cls, config: Any, train_set: SystemDataset) -> Any:
        """Return a ``Config`` with what the training set decides: widths of inputs, numbers of languages and speakers.

        The system is built of it, and a run's ``config.yaml`` holds it; `audiolab.training.config.filled` helps.

        Raises:
            AudiolabError: The config says other than the data.
            ValueError: What the data decide does not go with the rest of the config.
        """
        return config

    @classmethod
    @abstractmethod
    def predictor(cls, config: Any, state: dict[str, Any], device: torch.device) -> Any:
        """Return the object that `audiolab.load` gives: one call that fits the task (``convert``, ``enhance``, …).

        Args:
            config: A ``Config``.
            state: Of the `exports`, by name: a network's or a module's state dict, or a buffer.
            device: Where it shall run.
        """

    def setup(self, train_set: SystemDataset) -> None:
        """Take statistics, rates and symbol tables from the training set into buffers; called once, before training.

        Not called on resume: buffers come from the checkpoint then.
        """

    def initial(self) -> list[Initial]:
        """Return the networks that begin with another run's weights, which they get before `setup`.

        A run is not taken up again where one of those was trained again. ``init`` in the config gives any network such
        weights; this is for systems of which it is a part that they do, a teacher say.
        """
        return []

    @abstractmethod
    def updates(self, batch: Batch) -> Iterator[Update]:
        """Yield the optimiser steps that one batch gives, in order.

        The trainer runs backward and the named optimiser on each before it asks for the next, so a generator is scored
        by a discriminator that has already learned from this batch, and truncated BPTT is one update a chunk. Processes
        and micro-batches, which have different parts of the whole batch, yield the same updates: how many there are
        follows from ``batch["whole"]``.
        """

    @abstractmethod
    def validate(self, batch: Batch) -> dict[str, Mean]:
        """Return the scores of one validation batch; the trainer joins them over batches and processes."""

    def on_epoch_start(self, epoch: int) -> None:
        """Set what depends on the epoch (loss weights, teachers, source ratio); called before its first step.

        Also called where a run is taken up again in mid-epoch, to set plain attributes; what the state dict holds, such
        as a teacher's weights, is then put back as it was in the checkpoint.
        """

    def on_step_start(self, epochs: float) -> None:
        """Set what moves with each step (a schedule); called before every step, also after an interruption.

        Args:
            epochs: How many epochs' steps were made before this one, a fraction: 1.5 in the middle of the second
                epoch. It does not change with ``trainer.max_steps``.
        """

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.parameters()).device
