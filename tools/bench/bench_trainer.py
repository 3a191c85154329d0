"""Time of a training step by the trainer, as a ratio to a bare PyTorch loop over the same system, data and batches.

    python tools/bench/bench_trainer.py --config egs/vcc2018/vc1/conf/softgan_energy.yaml \
        --data_conf.train_dir egs/vcc2018/vc1/dump/mini/train --data_conf.source SF1 --data_conf.target TF1

Both do the same arithmetic with the same optimisers; the trainer checks, logs, draws and counts besides. Runs of the
two take turns. A step's time runs from one batch that reaches the system to the next; the ratio is of medians of steps.
The moving average of weights, validation and checkpoints are left out: they are asked for, not overhead.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import logging
import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import torch

from audiolab import cli, config, systems
from audiolab.data.sampler import BatchSampler
from audiolab.training.config import run_config_class
from audiolab.training.determinism import reproducible
from audiolab.training.distributed import Processes, join
from audiolab.training.loading import make_loader, to_device
from audiolab.training.optimizers import make_optimizer, parameters_by_update
from audiolab.training.seeding import build
from audiolab.training.system import Batch, System, Update
from audiolab.training.trainer import Trainer

DTYPES = {"fp32": None, "bf16": torch.bfloat16}


def clocked(system: System, times: list[float]) -> System:
    """Return ``system``, which from now on notes the time whenever a batch reaches it."""
    updates = system.updates

    def noting(batch: Batch) -> Iterator[Update]:
        times.append(time.perf_counter())
        return updates(batch)

    system.updates = noting
    return system


def bare_loop(system: System, run: Any, sets: tuple, processes: Processes, steps: int) -> None:
    """Train as one would by hand."""
    device, dtype = processes.device, DTYPES[run.trainer.precision]
    system.setup(sets[0])
    system.to(device).train()
    parameters = parameters_by_update(system)
    optimizers = {name: make_optimizer(each, getattr(run.optim, name)) for name, each in parameters.items()}
    sampler = BatchSampler(len(sets[0]), run.trainer.batch_size, run.seed)
    for _, batch in zip(range(steps), make_loader(sets[0], sampler, run.trainer.num_workers, device)):
        iterator = system.updates(to_device(batch, device))
        while True:
            with torch.autocast(device.type, dtype=dtype, enabled=dtype is not None):
                update = next(iterator, None)
            if update is None:
                break
            update.loss.backward(inputs=parameters[update.name])
            optimizers[update.name].step()
            optimizers[update.name].zero_grad()


def measure(run: Any, sets: tuple, processes: Processes, steps: int, with_trainer: bool) -> float:
    """Return the median time of a step in ms, the first tenth of them left out."""
    times: list[float] = []
    system = clocked(build(systems.get(run.system), run), times)
    if with_trainer:
        with tempfile.TemporaryDirectory() as folder:
            Trainer(system, *sets, run, folder, processes).fit()
        times = times[1:]  # the preflight
    else:
        with reproducible(run.trainer.deterministic, run.trainer.threads):
            bare_loop(system, run, sets, processes, steps)
    each = [1000 * (after - before) for before, after in itertools.pairwise(times)]
    return statistics.median(each[steps // 10 :])


def main() -> None:
    """Measure in turns and print the ratio."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench_steps", type=int, default=60, help="steps a run (default: 60)")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each (default: 5)")
    parser.add_argument("--gpu", action="store_true", help="on the GPU")
    known, rest = parser.parse_known_args()
    early = argparse.ArgumentParser(add_help=False)
    early.add_argument("--config", required=True)
    name = config.load_yaml(early.parse_known_args(rest)[0].config)[0]["system"]
    run = config.parse(run_config_class(systems.get(name)), rest)
    steps = known.bench_steps
    run.trainer = dataclasses.replace(
        run.trainer, max_steps=steps, max_epochs=None, ema_decay=0.0, valid_every=steps, save_every=steps, log_every=10,
        keep_best=0, average_best=0, best="", accumulate=1,
    )  # fmt: skip
    logging.disable(logging.INFO)
    processes = join(use_gpu=known.gpu)
    sets = systems.get(name).datasets(run.data_conf)
    found: dict[str, list[float]] = {"bare": [], "trainer": []}
    for _ in range(known.repeats):
        for kind, values in found.items():
            values.append(measure(run, sets, processes, steps, kind == "trainer"))
    medians = {kind: statistics.median(values) for kind, values in found.items()}
    for kind, values in found.items():
        print(f"{kind:8} {medians[kind]:8.2f} ms a step, {1000 / medians[kind]:6.1f} steps/s; runs: "
              + " ".join(f"{value:.2f}" for value in values))  # fmt: skip
    ratios = [after / before for before, after in zip(found["bare"], found["trainer"])]
    print(f"overhead {100 * (statistics.median(ratios) - 1):+.1f} %, the median over pairs of neighbouring runs")


if __name__ == "__main__":
    cli.run(main)
