"""The trainer that all systems share."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from audiolab.dataset import Batch, SystemDataset
from audiolab.training.best import Best
from audiolab.training.checkpoint import FORMAT, Checkpoints
from audiolab.training.config import completed
from audiolab.training.determinism import reproducible
from audiolab.training.distributed import Processes
from audiolab.training.ema import WeightAverage
from audiolab.training.export import MODEL, check_exports, export_model
from audiolab.training.folder import note_start, opened
from audiolab.training.initial import Inheritance
from audiolab.training.loading import batches_of_steps, check_shared_memory, make_loader, to_device
from audiolab.training.log import RunLog, log_start
from audiolab.training.preflight import kept, try_checkpoint, try_step
from audiolab.training.resume import check_agree, check_length, check_unchanged, resolve_all, resolved
from audiolab.training.sampler import BatchSampler
from audiolab.training.seeding import EPOCH, SETUP, STEP, build, seed_torch
from audiolab.training.signals import StoppedError, watch
from audiolab.training.system import System
from audiolab.training.updater import Updater
from audiolab.training.validation import Validation

logger = logging.getLogger(__name__)

CURVES_EVERY = 300.0
"""Seconds between two drawings of the curves, at least."""


class Trainer:
    """Trains a system, or goes on where an earlier run with the same config and folder was interrupted.

    The run's result, weights and ``history.csv``, depends on its config alone: bit for bit the same after any number
    of interruptions.

    Args:
        system: Built with `audiolab.training.seeding.build`.
        train_set: What to train on.
        valid_set: What to validate on.
        config: The run's, of `audiolab.training.config.run_config_class`.
        expdir: The run's folder; ``docs/architecture.md`` lists what is written there.
        processes: Those that share the run, from `audiolab.training.distributed.join`; one process on the CPU when
            left out.

    Raises:
        AudiolabError: Batch, sets and processes do not go together.
    """

    def __init__(
        self,
        system: System,
        train_set: SystemDataset,
        valid_set: SystemDataset,
        config: Any,
        expdir: str | Path,
        processes: Processes | None = None,
    ) -> None:
        check_exports(system, system.exports)
        self.system, self.train_set, self.data = system, train_set, train_set.fingerprint()
        self.config, self.trainer, self.expdir = config, config.trainer, Path(expdir)
        self.processes = processes or Processes()
        self.sampler = BatchSampler(
            train_set, self.trainer.batch_size, config.seed, self.processes.world, self.processes.rank,
            self.trainer.accumulate, self.trainer.bucket,
        )  # fmt: skip
        self.validation = Validation(valid_set, config, self.sampler.micro, self.processes)
        epochs, steps = self.trainer.max_epochs, self.trainer.max_steps
        ends = [steps, epochs and epochs * self.sampler.steps_per_epoch]
        self.max_steps = min(end for end in ends if end is not None)
        self.optim = resolve_all(config.optim, self.max_steps, self.sampler.steps_per_epoch)
        self.checkpoints = Checkpoints(self.expdir / "checkpoints", self.trainer.keep_last)
        self.step, self.best = 0, Best(self.trainer)

    @classmethod
    def of(cls, system: type[System], config: Any, expdir: str | Path, processes: Processes | None = None) -> Trainer:
        """Return the trainer of a run, whose system is built for the data that the config names."""
        train_set, valid_set = system.datasets(config.data_conf)
        config = completed(config, system, train_set)
        return cls(build(system, config), train_set, valid_set, config, expdir, processes)

    def fit(self) -> None:
        """Train to the end, from the beginning or from the last checkpoint.

        Raises:
            StoppedError: SIGTERM or SIGUSR1 came; the run is saved.
            AudiolabError: Something that the user can mend, such as a config that has changed since the run began.
        """
        with (
            opened(self.expdir, self.processes),
            watch() as stop_asked,
            reproducible(self.trainer.deterministic, self.trainer.threads),
        ):
            self._begin(stop_asked)
            with closing(self.log):
                if not self.ended:
                    self._enter_epoch()
                    self._preflight()
                    with self.log.bar():
                        self._train()
                self._finish()

    @property
    def ended(self) -> bool:
        """Whether no step is to be made any more."""
        return self.step >= self.max_steps or self.best.over

    @property
    def epoch(self) -> int:
        """The epoch, from 0, of the step that was made last."""
        return self.sampler.epoch(max(0, self.step - 1))

    def _begin(self, stop_asked: Callable[[], bool]) -> None:
        """Bring everything into the state in which the next step finds it."""
        content = self.checkpoints.load_latest()
        step = content["step"] if content is not None else 0
        check_agree(self.processes, step, self.data, self.expdir)
        check_length(step, self.max_steps, self.expdir)
        inheritance = Inheritance(self.system, self.config.init, resumed=content is not None)
        if content is None:
            inheritance.take_over()
            seed_torch(self.config.seed, SETUP)
            self.system.setup(self.train_set)
            self.inherited = inheritance.fingerprints()
        else:
            now = resolved(self.config, self.optim), self.data, inheritance.fingerprints()
            check_unchanged(content, *now, self.expdir)
            self.inherited = content["inherited"]
            self.system.load_state_dict(content["system"])
        self.system.to(self.processes.device).train()
        self.processes.broadcast([*self.system.parameters(), *self.system.buffers()])
        self.updater = Updater(self.system, self.optim, self.trainer, self.processes, stop_asked, self.expdir)
        self.ema = WeightAverage(self.system, self.trainer.ema_decay) if self.trainer.ema_decay else None
        if content is None:
            inheritance.take_over_optimizers(self.updater.optimizers)
        self.log = RunLog(self.expdir, step, self.max_steps, self.processes)
        if content is not None:
            self._load(content)
        if self.processes.main:
            note_start(self.expdir, self.config)
            log_start(self.system, self.config, self.processes, len(self.train_set), self.sampler.steps_per_epoch)
            if content is not None:
                logger.info("going on from step %d of %d", self.step, self.max_steps)

    def _enter_epoch(self) -> None:
        """Tell the system which epoch the coming steps are of; in mid-epoch its state stays what it was."""
        epoch = self.sampler.epoch(self.step)
        began_before = self.step % self.sampler.steps_per_epoch > 0
        state = kept(self.system.state_dict()) if began_before else None
        seed_torch(self.config.seed, EPOCH, epoch)
        self.system.on_epoch_start(epoch)
        if state is not None:
            self.system.load_state_dict(state)

    def _preflight(self) -> None:
        """Try everything that could fail after hours, and leave no trace of it."""
        self._enter_step()
        batch, first = self.train_set.batch(self.sampler.largest_batch()), self.validation.first()
        batches = [batch, *(each for _, each in first)]
        check_shared_memory(batches, self.trainer.num_workers, self.processes.on_this_machine)
        self._check_stop()
        try_step(self.updater, to_device(batch, self.processes.device), self.step)
        self._check_stop()
        content = self._content()
        if self.processes.main:
            try_checkpoint(self.checkpoints, content, self.trainer.keep_last + self.trainer.keep_best)
        self.best.check(self.validation.scores(self.system, self.ema, first))
        if self.processes.main:
            logger.info("preflight: largest batch, checkpoint and validation are fine")
        self._check_stop()

    def _enter_step(self) -> None:
        self.system.on_step_start(self.step / self.sampler.steps_per_epoch)

    def _check_stop(self) -> None:
        """Leave where any process was asked to: nothing has been trained that is not saved."""
        if self.processes.any_of(self.updater.stop_asked())[0]:
            where = f"from step {self.step}" if self.step else "from the beginning"
            raise StoppedError(f"asked to stop before the first step: run the same command to go on {where}")

    def _train(self) -> None:
        self.sampler.step = began = self.step
        loader = self._loader(self.train_set, self.sampler)
        batches = batches_of_steps(loader, self.trainer.accumulate, self.processes.device)
        while not self.ended:
            if self.step > began and self.step % self.sampler.steps_per_epoch == 0:
                self._enter_epoch()
            asked = time.perf_counter()
            micro_batches = next(batches)
            waited = time.perf_counter() - asked
            self._make_step(micro_batches)
            self.log.stepped(waited, time.perf_counter() - asked)
            self._after_step()

    def _loader(self, dataset: SystemDataset, batches: Any) -> Iterable[Batch]:
        return make_loader(dataset, batches, self.trainer.num_workers, self.processes.device)

    def _make_step(self, micro_batches: list[Batch]) -> None:
        seed_torch(self.config.seed, STEP, self.step, self.processes.rank)
        self._enter_step()
        self.updater.step(micro_batches, self.step, self.log.meter)
        if self.ema is not None:
            self.ema.update(self.updater.stepped)
        self.step += 1

    def _after_step(self) -> None:
        """Validate, log and save where it is time to; leave when asked to."""
        scores = None
        if self._due(self.trainer.valid_every):
            scores = self.validation.scores(self.system, self.ema)
            if self.step % self.trainer.valid_every == 0:
                self.best.count(scores)  # which may end the training
        if self._due(self.trainer.log_every):
            rates = {f"{name}_lr": rate for name, rate in self.updater.rates().items()}
            skips = {f"{name}_skipped": float(count) for name, count in self.updater.skips.total.items()}
            self.log.trained(self.step, self.epoch, rates | skips)
        else:
            self.log.passed(self.step)
        if scores is not None:
            self.log.validated(self.step, self.epoch, scores)
        due = self._due(self.trainer.save_every)
        if due and scores is not None:
            self.best.rank(scores, self.step)
        if due or self.updater.stop:
            self._save()
        if self.updater.stop and not self.ended:
            raise StoppedError(f"asked to stop: saved at step {self.step}; run the same command to go on")

    def _due(self, every: int) -> bool:
        return self.ended or self.step % every == 0

    def _save(self) -> None:
        content = self._content()
        if self.processes.main:
            self.checkpoints.save(content)
            self._export(content)
            self.log.draw(CURVES_EVERY)

    def _content(self) -> dict[str, Any]:
        """Return a checkpoint; all processes take part."""
        return {
            "format": FORMAT,
            "step": self.step,
            "epoch": self.sampler.epoch(self.step),
            "step_in_epoch": self.step % self.sampler.steps_per_epoch,
            "config": resolved(self.config, self.optim),
            "data": self.data,
            "inherited": self.inherited,
            "system": self.system.state_dict(),
            "updater": self.updater.state(),
            "ema": self.ema.state() if self.ema is not None else None,
            "meters": self.processes.gather(self.log.meter.state()),
            **self.best.state(),
        }

    def _load(self, content: dict[str, Any]) -> None:
        """Go on from what `_content` gave; the system has its part already."""
        self.step = content["step"]
        self.updater.load(content["updater"])
        if self.ema is not None:
            self.ema.load(content["ema"])
        self.log.meter.load(content["meters"], self.processes)
        self.best.load(content, self.checkpoints)

    def _export(self, content: dict[str, Any]) -> None:
        steps = [step for _, step in self.best.ranking[: self.trainer.average_best]]
        export_model(self.expdir, self.config.system, content, steps, self.checkpoints.load, self.system.exports)

    def _finish(self) -> None:
        """Leave what inference and the reader need; also where training had ended before."""
        if self.processes.main:
            self._export(self.checkpoints.load(self.step))
            self.log.draw()
            if self.best.over:
                logger.info("%s has not become better in %d validations", self.trainer.best, self.best.since)
            logger.info("trained to step %d; the model is %s", self.step, self.expdir / MODEL)
        self.processes.barrier()
