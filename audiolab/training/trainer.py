"""The trainer that all systems share."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterable
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from audiolab.config import save_yaml
from audiolab.dataset import Batch, SystemDataset
from audiolab.errors import AudiolabError
from audiolab.training.checkpoint import FORMAT, Checkpoints, Ranking, rank
from audiolab.training.config import completed
from audiolab.training.crash import guard
from audiolab.training.curves import draw_curves
from audiolab.training.determinism import reproducible
from audiolab.training.distributed import Processes
from audiolab.training.ema import WeightAverage
from audiolab.training.export import MODEL, check_exports, model_state, save_model
from audiolab.training.folder import claimed
from audiolab.training.history import History
from audiolab.training.initial import fingerprints, initial_of, take_over, take_over_optimizers
from audiolab.training.loading import check_shared_memory, loaded, make_loader, to_device
from audiolab.training.meter import Meter
from audiolab.training.patience import Patience
from audiolab.training.preflight import check_metric, kept, try_checkpoint, try_step
from audiolab.training.progress import Progress
from audiolab.training.resume import check_agree, check_length, check_unchanged, resolve_all, resolved
from audiolab.training.run_info import command_line, log_start, log_to, write_run_json
from audiolab.training.sampler import BatchSampler, validation_batches
from audiolab.training.seeding import EPOCH, SETUP, STEP, build, seed_torch
from audiolab.training.signals import StoppedError, watch
from audiolab.training.system import System
from audiolab.training.updater import Updater
from audiolab.training.validation import validate

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
        self.system, self.train_set, self.valid_set = system, train_set, valid_set
        self.config, self.expdir = config, Path(expdir)
        self.trainer, self.data = config.trainer, train_set.fingerprint()
        self.processes = processes or Processes()
        self.sampler = BatchSampler(
            train_set, self.trainer.batch_size, config.seed, self.processes.world, self.processes.rank,
            self.trainer.accumulate, self.trainer.bucket,
        )  # fmt: skip
        if not len(valid_set):
            raise AudiolabError("the validation set is empty; hold out at least one item in data_conf")
        valid_size = self.trainer.valid_batch_size or self.sampler.micro
        self.valid_batches = validation_batches(valid_set, valid_size, config.seed)
        self.valid_numbers = range(self.processes.rank, len(self.valid_batches), self.processes.world)
        self.valid_loader = self._loader(valid_set, [self.valid_batches[number] for number in self.valid_numbers])
        ends = [
            self.trainer.max_steps,
            self.trainer.max_epochs and self.trainer.max_epochs * self.sampler.steps_per_epoch,
        ]
        self.max_steps = min(end for end in ends if end is not None)
        self.optim = resolve_all(config.optim, self.max_steps)
        self.crash_path = self.expdir / ("crash.pt" if self.processes.main else f"crash.{self.processes.rank}.pt")
        self.meter, self.step = Meter(), 0
        self.best: Ranking = []
        self.patience = Patience(self.trainer.patience, self.trainer.best_mode)
        self._drawn = time.monotonic()
        self.checkpoints = Checkpoints(self.expdir / "checkpoints", self.trainer.keep_last)

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
            claimed(self.expdir, self.processes.main),
            watch() as stop_asked,
            reproducible(self.trainer.deterministic, self.trainer.threads),
            log_to(self.expdir / "train.log", self.processes),
        ):
            self._begin(stop_asked)
            with closing(self.history):
                if not self.ended:
                    self._enter_epoch()
                    self._preflight()
                    with Progress(self.step, self.max_steps, self.processes) as progress:
                        self._train(progress)
                self._finish()

    def _loader(self, dataset: SystemDataset, batches: Any) -> Iterable[Batch]:
        return make_loader(dataset, batches, self.trainer.num_workers, self.processes.device)

    def _begin(self, stop_asked: Any) -> None:
        content = self.checkpoints.load_latest()
        check_agree(self.processes, content["step"] if content is not None else 0, self.data, self.expdir)
        if content is None:
            initial = initial_of(self.config.init, self.system)
            take_over(initial)
            seed_torch(self.config.seed, SETUP)
            self.system.setup(self.train_set)
            self.inherited = fingerprints(initial)
        else:
            check_length(content["step"], self.max_steps, self.expdir)
            inherited = fingerprints(initial_of(self.config.init, self.system, resumed=True))
            check_unchanged(content, resolved(self.config, self.optim), self.data, inherited, self.expdir)
            self.inherited = content["inherited"]
            self.system.load_state_dict(content["system"])
        self.system.to(self.processes.device).train()
        self.processes.broadcast([*self.system.parameters(), *self.system.buffers()])
        self.updater = Updater(self.system, self.optim, self.trainer, self.processes, stop_asked)
        self.ema = WeightAverage(self.system, self.trainer.ema_decay) if self.trainer.ema_decay else None
        if content is None:
            take_over_optimizers(self.config.init, self.updater.optimizers)
        else:
            self._load(content)
        self.history = History(self.expdir, self.step, self.processes.main)
        if self.processes.main:
            save_yaml(self.config, self.expdir / "config.yaml")
            write_run_json(self.expdir / "run.json", command_line())
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

    def _enter_step(self) -> None:
        self.system.on_step_start(self.step / self.sampler.steps_per_epoch)

    def _preflight(self) -> None:
        self._enter_step()
        batch = self.train_set.batch(self.sampler.largest_batch())
        mine = self.valid_batches[self.processes.rank :][:1]
        batches = [self.valid_set.batch(keys) for keys in mine]
        check_shared_memory([batch, *batches], self.trainer.num_workers, self.processes.on_this_machine)
        self._check_stop()
        try_step(self.updater, to_device(batch, self.processes.device), self.step, self.crash_path)
        self._check_stop()
        content = self._content()
        if self.processes.main:
            try_checkpoint(self.checkpoints, content, self.trainer.keep_last + self.trainer.keep_best)
        metrics = self._validate(zip([self.processes.rank], batches))
        check_metric(self.trainer.best, metrics, self.processes)
        self._check_stop()

    def _check_stop(self) -> None:
        """Leave where any process was asked to: nothing has been trained that is not saved."""
        if self.processes.any_of(self.updater.stop_asked())[0]:
            where = f"from step {self.step}" if self.step else "from the beginning"
            raise StoppedError(f"asked to stop before the first step: run the same command to go on {where}")

    def _train(self, progress: Progress) -> None:
        self.sampler.step = self.step
        batches = loaded(self._loader(self.train_set, self.sampler))
        began = self.step
        while not self.ended:
            if self.step > began and self.step % self.sampler.steps_per_epoch == 0:
                self._enter_epoch()
            asked = time.perf_counter()
            micro = [
                to_device(batch, self.processes.device) for batch in itertools.islice(batches, self.trainer.accumulate)
            ]
            waited = time.perf_counter() - asked
            seed_torch(self.config.seed, STEP, self.step, self.processes.rank)
            self._enter_step()
            with guard(self.crash_path, self.step + 1, micro):
                self.updater.step(micro, self.step, self.meter)
            if self.ema is not None:
                self.ema.update(self.updater.stepped)
            self.step += 1
            progress.stepped(waited, time.perf_counter() - asked)
            self._after_step(progress)

    def _after_step(self, progress: Progress) -> None:
        """Log, validate and save where it is time to; leave when asked to."""
        metrics = None
        if self.ended or self.step % self.trainer.valid_every == 0:
            metrics = self._validate(zip(self.valid_numbers, loaded(self.valid_loader)))
            if self.trainer.best and self.step % self.trainer.valid_every == 0:
                self.patience.take(metrics[self.trainer.best])
        last = self.ended  # perhaps through what validation has found
        if last or self.step % self.trainer.log_every == 0:
            self._log(progress)
        if metrics is not None:
            progress.validated(self.step, metrics)
            self.history.add(self.step, self.epoch, "valid", metrics)
        due = last or self.step % self.trainer.save_every == 0
        if due and metrics is not None and self.trainer.best:
            self.best = rank(
                self.best, metrics[self.trainer.best], self.step, self.trainer.best_mode, self.trainer.keep_best
            )
        if due or self.updater.stop:
            self._save()
        progress.advance()
        if self.updater.stop and not last:
            raise StoppedError(f"asked to stop: saved at step {self.step}; run the same command to go on")

    def _log(self, progress: Progress) -> None:
        values = self.meter.means(self.processes)
        values |= {f"{name}_lr": value for name, value in self.updater.rates().items()}
        values |= {f"{name}_skipped": float(count) for name, count in self.updater.skips.total.items()}
        progress.logged(self.step, self.epoch, values)
        self.history.add(self.step, self.epoch, "train", values)

    @property
    def ended(self) -> bool:
        """Whether no step is to be made any more."""
        return self.step >= self.max_steps or self.patience.over

    @property
    def epoch(self) -> int:
        """The epoch, from 0, of the step that was made last."""
        return self.sampler.epoch(max(0, self.step - 1))

    def _validate(self, batches: Iterable[tuple[int, Batch]]) -> dict[str, float]:
        self.processes.broadcast(list(self.system.buffers()))  # statistics of batches differ between processes
        with self.ema.in_place() if self.ema is not None else nullcontext():
            return validate(self.system, batches, self.config.seed, self.processes)

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
            "meters": self.processes.gather(self.meter.state()),
            "best": self.best,
            "patience": self.patience.state(),
        }

    def _load(self, content: dict[str, Any]) -> None:
        self.updater.load(content["updater"])
        self.meter.load(content["meters"], self.processes)
        if self.ema is not None:
            self.ema.load(content["ema"])
        self.step = content["step"]
        self.best = self.checkpoints.there([(value, step) for value, step in content["best"]])
        self.patience.load(content["patience"])

    def _save(self) -> None:
        content = self._content()
        if not self.processes.main:
            return
        self.checkpoints.save(content)
        self._export(content)
        if time.monotonic() - self._drawn > CURVES_EVERY:
            self._draw()

    def _export(self, content: dict[str, Any]) -> None:
        steps, exports = [step for _, step in self.best[: self.trainer.average_best]], self.system.exports
        state = model_state(content, steps, self.checkpoints.load, exports)
        save_model(self.expdir / MODEL, self.config.system, content["step"], state, exports)

    def _draw(self) -> None:
        draw_curves(self.expdir)
        self._drawn = time.monotonic()

    def _finish(self) -> None:
        """Leave what inference and the reader need; also where training had ended before."""
        if self.processes.main:
            self._export(self.checkpoints.load(self.step))
            self._draw()
            if self.patience.over:
                logger.info("%s has not become better in %d validations", self.trainer.best, self.patience.since)
            logger.info("trained to step %d; the model is %s", self.step, self.expdir / MODEL)
        self.processes.barrier()
