"""Time of a training step by the trainer, beside a bare PyTorch loop over the same system, data and batches.

    cd egs/vcc2018/vc1 && python ../../../tools/bench/bench_trainer.py --config conf/softgan_energy.yaml \
        --data_conf.train_dir dump/mini/train --data_conf.source SF1 --data_conf.target TF1
    cd egs/dns/se1 && python ../../../tools/bench/bench_trainer.py --config conf/mini/srst.yaml --workers 0 1 \
        --system_conf.init exp/mini/source_s0 --data_conf.source_train data/mini/source_train …
    cd egs/vctk/vc1 && python ../../../tools/bench/bench_trainer.py --config conf/mini/ge2e.yaml \
        --data_conf.train_dirs dump/mini/train --data_conf.valid_dirs dump/mini/valid

Any recipe's config will do, with the options that its trainings get: data and, where a phase begins with another one's
model, that run. Both do the same arithmetic with the same optimisers; the trainer checks, logs, draws and counts
besides. Runs of the two take turns. A step's time runs from one batch that reaches the system to the next, the first
tenth of steps left out; overhead is that of medians of steps, and its median over pairs of neighbouring runs. Waiting
is the part of that time in which the next batch was asked for and not there: with 0 workers, all that it takes to make
it. The moving average of weights, validation and checkpoints are left out: they are asked for, not overhead.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from signals import print_table
from torch.nn.utils import clip_grad_norm_
from torch.utils.data import DataLoader

from audiolab import cli, config, systems
from audiolab.dataset import Batch, SystemDataset
from audiolab.training.config import completed, run_config_class
from audiolab.training.determinism import reproducible
from audiolab.training.distributed import Processes, join
from audiolab.training.loading import make_loader, to_device
from audiolab.training.optimizers import make_optimizer, parameters_by_update
from audiolab.training.sampler import BatchSampler
from audiolab.training.seeding import build
from audiolab.training.system import System, Update
from audiolab.training.trainer import Trainer

DTYPES = {"fp32": None, "bf16": torch.bfloat16}


@dataclass
class Clock:
    """When batches reach the system, and how long each was waited for, in seconds of ``now``."""

    now: Callable[[], float] = time.perf_counter
    arrivals: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def watch(self, system: System) -> System:
        """Return ``system``, which from now on notes the time whenever a batch reaches it."""
        updates = system.updates

        def noting(batch: Batch) -> Iterator[Update]:
            self.arrivals.append(self.now())
            return updates(batch)

        system.updates = noting
        return system

    def batches(self, loader: Iterable[Batch]) -> Iterator[Batch]:
        """Yield the loader's batches, and note how long it took to get them."""
        iterator = iter(loader)
        while True:
            asked = self.now()
            batch = next(iterator, None)
            self.waits.append(self.now() - asked)
            if batch is None:
                return
            yield batch

    def result(self, steps: int) -> tuple[float, float]:
        """Return the median time of a step in ms, and the part of all steps' time that was waiting."""
        arrivals = self.arrivals[-steps:]  # before them, the preflight's
        each = [after - before for before, after in itertools.pairwise(arrivals)]
        kept = slice(steps // 10, None)
        return 1000 * statistics.median(each[kept]), sum(self.waits[1:steps][kept]) / sum(each[kept])


class Watched:
    """A loader whose batches a clock watches."""

    def __init__(self, clock: Clock, loader: DataLoader) -> None:
        self.clock, self.loader, self.num_workers = clock, loader, loader.num_workers

    def __iter__(self) -> Iterator[Batch]:
        return self.clock.batches(self.loader)


class ClockedTrainer(Trainer):
    """The trainer, whose training batches a clock watches."""

    def __init__(self, clock: Clock, *args: Any) -> None:
        self.clock = clock
        super().__init__(*args)

    def _loader(self, dataset: SystemDataset, batches: Any) -> Iterable[Batch]:
        loader = super()._loader(dataset, batches)
        return Watched(self.clock, loader) if dataset is self.train_set else loader


def bare_loop(system: System, run: Any, sets: tuple, processes: Processes, steps: int, clock: Clock) -> None:
    """Train as one would by hand."""
    device, dtype = processes.device, DTYPES[run.trainer.precision]
    system.setup(sets[0])
    system.to(device).train()
    parameters = parameters_by_update(system)
    optimizers = {name: make_optimizer(each, getattr(run.optim, name)) for name, each in parameters.items()}
    sampler = BatchSampler(sets[0], run.trainer.batch_size, run.seed, bucket=run.trainer.bucket)
    loader = make_loader(sets[0], sampler, run.trainer.num_workers, device)
    for step, batch in zip(range(steps), clock.batches(loader)):
        if step % sampler.steps_per_epoch == 0:
            system.on_epoch_start(sampler.epoch(step))
        system.on_step_start(step / sampler.steps_per_epoch)
        iterator = system.updates(to_device(batch, device))
        while True:
            with torch.autocast(device.type, dtype=dtype, enabled=dtype is not None):
                update = next(iterator, None)
            if update is None:
                break
            update.loss.backward(inputs=parameters[update.name])
            if run.trainer.clip_norm:
                clip_grad_norm_(parameters[update.name], run.trainer.clip_norm)
            optimizers[update.name].step()
            optimizers[update.name].zero_grad()


def measure(
    run: Any,
    sets: tuple,
    processes: Processes,
    steps: int,
    with_trainer: bool,
    now: Callable[[], float] = time.perf_counter,
) -> tuple[float, float]:
    """Return the median time of a step in ms of ``now``, and the part of the time that was waiting for data."""
    clock = Clock(now)
    run = completed(run, systems.get(run.system), sets[0])
    system = clock.watch(build(systems.get(run.system), run))
    if with_trainer:
        with tempfile.TemporaryDirectory() as folder:
            ClockedTrainer(clock, system, *sets, run, folder, processes).fit()
    else:
        with reproducible(run.trainer.deterministic, run.trainer.threads):
            bare_loop(system, run, sets, processes, steps, clock)
    return clock.result(steps)


def row(run: Any, sets: tuple, processes: Processes, steps: int, repeats: int) -> list[str]:
    """Measure in turns and return a row of the table."""
    found: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
    for _ in range(repeats):
        for with_trainer, values in found.items():
            values.append(measure(run, sets, processes, steps, with_trainer))
    bare, trainer = ([ms for ms, _ in values] for values in found.values())
    overhead = statistics.median(after / before for before, after in zip(bare, trainer)) - 1
    waits = [statistics.median(share for _, share in values) for values in found.values()]
    return [
        str(run.trainer.num_workers), f"{statistics.median(bare):.2f}", f"{statistics.median(trainer):.2f}",
        f"{100 * overhead:+.1f}", *(f"{100 * share:.2f}" for share in waits),
        " ".join(f"{before:.1f}/{after:.1f}" for before, after in zip(bare, trainer)),
    ]  # fmt: skip


def two_or_more(text: str) -> int:
    """Return a count of steps that has a time between two batches; the ``type`` of an option."""
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"'{text}' is no count of 2 or more: a step ends where the next one begins")
    return int(text)


def parse() -> tuple[argparse.Namespace, Any]:
    """Return the benchmark's own options, and the run's config."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench_steps", type=two_or_more, default=60, help="steps a run (default: 60)")
    parser.add_argument("--repeats", type=cli.positive, default=5, help="runs of each (default: 5)")
    parser.add_argument("--workers", type=int, nargs="+", help="a row for each num_workers (default: the config's)")
    parser.add_argument("--gpu", action="store_true", help="on the GPU")
    known, rest = parser.parse_known_args()
    early = argparse.ArgumentParser(add_help=False)
    early.add_argument("--config", required=True)
    name = config.load_yaml(early.parse_known_args(rest)[0].config)[0]["system"]
    run = config.parse(run_config_class(systems.get(name)), rest)
    steps = known.bench_steps
    return known, only_steps(run, steps)


def only_steps(run: Any, steps: int) -> Any:
    """Return a run's config with so many steps, and nothing that is asked for beside them."""
    trainer = dataclasses.replace(
        run.trainer, max_steps=steps, max_epochs=None, ema_decay=0.0, valid_every=steps, save_every=steps, log_every=10,
        keep_best=0, average_best=0, best="", patience=None, accumulate=1,
    )  # fmt: skip
    return dataclasses.replace(run, trainer=trainer)


def main() -> None:
    """Run the benchmark and print its table."""
    known, run = parse()
    logging.disable(logging.INFO)
    processes = join(use_gpu=known.gpu)
    sets = systems.get(run.system).datasets(run.data_conf)
    rows = []
    for workers in known.workers or [run.trainer.num_workers]:
        run.trainer = dataclasses.replace(run.trainer, num_workers=workers)
        rows.append(row(run, sets, processes, known.bench_steps, known.repeats))
    header = ["workers", "bare ms/step", "trainer ms/step", "overhead %", "bare waits %", "trainer waits %"]
    print_table([*header, "runs, bare/trainer ms"], rows)


if __name__ == "__main__":
    cli.run(main)
