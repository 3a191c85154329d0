"""One step: forward and backward passes of all updates that a batch gives, and the optimisers' steps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from audiolab.dataset import Batch
from audiolab.errors import AudiolabError
from audiolab.training.config import OptimConfig, TrainerConfig
from audiolab.training.crash import guard
from audiolab.training.distributed import GradientAverage, Processes
from audiolab.training.log import Meter
from audiolab.training.optimizers import make_optimizer, parameters_by_update, parameters_of_parts
from audiolab.training.schedules import rate
from audiolab.training.system import System, Update

logger = logging.getLogger(__name__)

_AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass
class Skips:
    """Updates left out because a loss or gradient was not finite: in all, and in a row, by name."""

    total: dict[str, int]
    in_a_row: dict[str, int]


class Updater:
    """Steps a system's networks.

    With ``accumulate``, a step has several micro-batches. The first update of all of them is accumulated, then stepped;
    then comes the second. So a step is what it is with one large batch, also where a later update looks at what an
    earlier one has changed. What a system keeps from one update to the next is kept for all micro-batches at once.

    Args:
        system: On its device.
        optim: Resolved config of each update's optimiser.
        config: The trainer's.
        processes: Those that share the step.
        stop_asked: Whether this process was asked to stop; any process's wish becomes that of all in the same step.
        expdir: The run's folder, where the batches of a step that fails are left.

    Attributes:
        stop: Whether any process was asked to stop.
        stepped: What the last step has changed.
        skips: Counts of what was left out.
    """

    def __init__(
        self,
        system: System,
        optim: dict[str, OptimConfig],
        config: TrainerConfig,
        processes: Processes,
        stop_asked: Callable[[], bool],
        expdir: Path,
    ) -> None:
        self.system, self.optim, self.config, self.processes = system, optim, config, processes
        self.stop_asked, self.stop = stop_asked, False
        self.crash_path = expdir / ("crash.pt" if processes.main else f"crash.{processes.rank}.pt")
        self.parameters = parameters_by_update(system)
        self._of_parts: dict[tuple[str, tuple[str, ...] | None], list[Parameter]] = {}
        self.stepped: set[Parameter] = set()
        self.optimizers = {name: make_optimizer(self.parameters[name], optim[name]) for name in self.parameters}
        self.precision: str = config.precision
        fp16, kind = config.precision == "fp16", processes.device.type
        self.scalers = {name: torch.amp.GradScaler(kind) for name in self.parameters} if fp16 else {}
        children = dict(system.named_children())
        networks = {update: [children[name] for name in names] for update, names in system.optimizes.items()}
        self.average = GradientAverage(networks, processes)
        self.skips = Skips({}, {})

    def step(self, batches: list[Batch], step: int, meter: Meter, precision: str | None = None) -> None:
        """Make the step number ``step`` (from 0) on this process's micro-batches and log into ``meter``.

        ``precision`` is another one than the config's, for a trial.

        Raises:
            AudiolabError: Too many updates in a row were not finite; memory ran out.
            RuntimeError: Micro-batches or processes give different updates.
        """
        for name, optimizer in self.optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = rate(self.optim[name], step)
        self.precision = precision or self.config.precision
        self.stepped = set()
        updated = False
        with guard(self.crash_path, step + 1, batches):
            iterators = [iter(self.system.updates(batch)) for batch in batches]
            while (updates := self._round(iterators)) is not None:
                self._finish(updates, batches, step, meter)
                updated = True
        if not updated:  # of a system that only takes statistics
            self.stop |= self.processes.any_of(self.stop_asked())[0]

    def rates(self) -> dict[str, float]:
        """Return the learning rates of the last step."""
        return {name: optimizer.param_groups[0]["lr"] for name, optimizer in self.optimizers.items()}

    def _round(self, iterators: list[Iterator[Update]]) -> list[Update] | None:
        """Accumulate the next update of all micro-batches; None where there is none left."""
        updates: list[Update] = []
        first = ""
        for place, iterator in enumerate(iterators):
            with self._autocast():
                update = next(iterator, None)
            which = "no update" if update is None else " ".join((update.name, *(update.parts or ())))
            first = which if place == 0 else first
            if which != first:
                self._refuse(f"micro-batches give different updates: {first} and {which}")
            if place == len(iterators) - 1:
                self._expect(update, which)
            if update is not None:
                self._backward(update, len(iterators))
                stats = {name: value.detach() for name, value in update.stats.items()}
                updates.append(Update(update.name, update.loss.detach(), stats, update.parts))
        if updates and updates[0].parts is not None:
            self.average.join(self._gradients(updates[0]))
        return updates or None

    def _expect(self, update: Update | None, which: str) -> None:
        """Get ready for the last backward pass of an update, after which processes average."""
        if not self.processes.agree(which):
            self._refuse(f"processes give different updates: here {which}")
        if update is not None and update.parts is None:
            self.average.expect(update.name)

    def _refuse(self, what: str) -> None:
        raise RuntimeError(
            f"{type(self.system).__name__}.updates: {what}; it follows from batch['whole'] which there are"
        )

    def _backward(self, update: Update, micro_batches: int) -> None:
        scaler = self.scalers.get(update.name)
        loss = update.loss / micro_batches if micro_batches > 1 else update.loss
        loss = loss.float() if scaler is None else scaler.scale(loss.float())
        loss.backward(inputs=self._parameters(update))

    def _parameters(self, update: Update) -> list[Parameter]:
        """Return what an update steps."""
        key = update.name, update.parts
        if key not in self._of_parts:
            found = self.parameters[update.name]
            if update.parts is not None:
                found = parameters_of_parts(self.system, update.name, update.parts, found)
            self._of_parts[key] = found
        return self._of_parts[key]

    def _gradients(self, update: Update) -> list[Tensor]:
        """Return the gradients of what an update steps; a part that took no part in it has gradients of zero."""
        parameters = self._parameters(update)
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        return [parameter.grad for parameter in parameters]

    def _autocast(self) -> torch.autocast:
        dtype = _AUTOCAST.get(self.precision)
        return torch.autocast(self.processes.device.type, dtype=dtype, enabled=dtype is not None)

    def _finish(self, updates: list[Update], batches: list[Batch], step: int, meter: Meter) -> None:
        name = updates[0].name
        optimizer, scaler = self.optimizers[name], self.scalers.get(name)
        if scaler is not None:
            scaler.unscale_(optimizer)
        parameters = [p for p in self.parameters[name] if p.grad is not None]
        norm = get_total_norm([p.grad for p in parameters])
        losses = torch.stack([update.loss for update in updates])
        bad_loss, bad_norm, stop = self.processes.any_of(
            ~torch.isfinite(losses).all(), ~torch.isfinite(norm), self.stop_asked()
        )
        self.stop |= stop
        if bad_loss or bad_norm:
            self._skip(name, "loss" if bad_loss else "gradient", losses, batches, step)
        else:
            if self.config.clip_norm:
                clip_grads_with_norm_(parameters, self.config.clip_norm, norm)
            optimizer.step() if scaler is None else scaler.step(optimizer)
            self.stepped.update(parameters)
            torch.autograd.graph.increment_version(parameters)  # fused optimisers do not; a stale graph must be told
            self.skips.in_a_row[name] = 0
            _log(updates, norm, meter)
        if scaler is not None:
            scaler.update()
        optimizer.zero_grad(set_to_none=True)

    def _skip(self, name: str, what: str, losses: Tensor, batches: list[Batch], step: int) -> None:
        """Count and report an update that is left out in all processes."""
        scaler = self.scalers.get(name)
        if what == "gradient" and scaler is not None and scaler.get_scale() > 1:
            logger.info("step %d: %s: fp16 gradient overflow; the loss scale is lowered", step + 1, name)
            return
        for counts in (self.skips.total, self.skips.in_a_row):
            counts[name] = counts.get(name, 0) + 1
        bad = [what == "gradient" or not ok for ok in torch.isfinite(losses).tolist()]
        mine = [utt for flag, batch in zip(bad, batches) if flag for utt in batch["utts"]]
        utts = " ".join(utt for part in self.processes.gather(mine) for utt in part)
        logger.warning("step %d: %s: %s is not finite; update skipped; utterances: %s", step + 1, name, what, utts)
        if self.skips.in_a_row[name] >= self.config.max_bad_steps:
            raise AudiolabError(
                f"step {step + 1}: the {what} of update '{name}' was not finite {self.skips.in_a_row[name]} times in a "
                f"row (trainer.max_bad_steps), last with {utts}; lower optim.{name}.lr, set trainer.clip_norm, or look "
                "at these utterances"
            )

    def state(self) -> dict[str, Any]:
        """Return optimisers, loss scales and counts, for a checkpoint."""
        return {
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "scalers": {name: scaler.state_dict() for name, scaler in self.scalers.items()},
            "skips": {"total": dict(self.skips.total), "in_a_row": dict(self.skips.in_a_row)},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state["optimizers"][name])
        for name, scaler in self.scalers.items():
            scaler.load_state_dict(state["scalers"][name])
        self.skips = Skips(dict(state["skips"]["total"]), dict(state["skips"]["in_a_row"]))


def _log(updates: list[Update], norm: Tensor, meter: Meter) -> None:
    for update in updates:
        meter.add(f"{update.name}_loss", update.loss)
        for name, value in update.stats.items():
            meter.add(name, value)
    meter.add(f"{updates[0].name}_grad_norm", norm)
