"""Singing voice separation: training throughput and memory of sizes and windows, and real-time factors of separation.

    python tools/bench/bench_separation.py
    python tools/bench/bench_separation.py --configs egs/musdb18/svs1/conf/teacher.yaml --windows 2.5 5 10
    python tools/bench/bench_separation.py --configs egs/musdb18/svs1/conf/student_{medium,large}.yaml --gpu \
        --bench_steps 50 --trainer.precision bf16 --trainer.num_workers 8

Further options are the trainings', after their YAMLs. With ``--windows``, a batch holds as many seconds as the YAML's.
Songs are noise, made in a folder that is deleted; augmentation is the YAML's. Each is measured in a process of its
own, where a bare loop (`bench_trainer`) and the trainer take turns. Memory is the most that was held beyond what the
process had before; on a GPU, the most that was allocated there. Separation is a plain forward pass on one thread.
``--cpu_time`` counts the time of that process's CPU, for machines that do more than this; what workers load is not in
it.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import argparse
import dataclasses
import logging
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from bench_stems import make_songs
from bench_trainer import measure, only_steps, two_or_more
from signals import best_time, memory, print_table

from audiolab import cli, systems
from audiolab.config import from_dict, load_yaml, parse
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.separator import Separator
from audiolab.training.config import run_config_class
from audiolab.training.distributed import join

CONF = Path(__file__).parents[2] / "egs/musdb18/svs1/conf"


def run_of(path: Path, songs: Path, window: float | None, steps: int, options: Sequence[str]) -> Any:
    """Return the config of a training on ``songs``, with windows of its own or ``window`` seconds."""
    data = [word for part in ("train", "valid") for word in (f"--data_conf.{part}_dirs", str(songs))]
    run = parse(run_config_class(systems.get("poconet")), ["--config", str(path), *data, *options])
    seconds = window or run.data_conf.window_s
    batch = max(1, round(run.trainer.batch_size * run.data_conf.window_s / seconds))
    run.data_conf = dataclasses.replace(run.data_conf, window_s=seconds, valid_windows=1)
    run.trainer = dataclasses.replace(run.trainer, batch_size=batch)
    return only_steps(run, steps)


def training(gpu: bool, turns: int, now: Callable[[], float], *of_run: Any) -> list[float]:
    """Return the median time of a step in ms of ``now``, bare and by the trainer, its waiting share, and MiB."""
    logging.disable(logging.INFO)
    run = run_of(*of_run)  # it cannot be sent to a process
    processes = join(use_gpu=gpu)
    sets = systems.get("poconet").datasets(run.data_conf)
    before = memory("VmRSS")
    steps = run.trainer.max_steps
    order = (False, True) * turns
    found = [measure(run, sets, processes, steps, with_trainer, now) for with_trainer in order]
    bare, trainer = (statistics.median(ms for ms, _ in found[first::2]) for first in (0, 1))
    waiting = statistics.median(share for _, share in found[1::2])
    most = torch.cuda.max_memory_allocated() / 2**20 if gpu else memory("VmHWM") - before
    return [bare, trainer, waiting, most]


def separation(sizes: PoCoNetConfig, seconds: float, repeats: int, now: Callable[[], float]) -> list[float]:
    """Return the shortest time in s of ``now`` for a signal of so many seconds on one thread, and MiB."""
    torch.set_num_threads(1)
    separator = Separator(sizes).eval().requires_grad_(False)
    wave = 0.1 * torch.randn(1, round(seconds * sizes.rate))
    before = memory("VmRSS")
    return [best_time(lambda: separator.separate(wave), repeats, now), memory("VmHWM") - before]


def alone(function: Callable[..., list[float]], *arguments: Any) -> list[float]:
    """Return what a function gives in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def training_row(gpu: bool, turns: int, now: Callable[[], float], *of_run: Any) -> list[str]:
    """Return a row of the first table; the further arguments are those of `run_of`."""
    bare, trainer, waiting, most = alone(training, gpu, turns, now, *of_run)
    run = run_of(*of_run)
    batch, window = run.trainer.batch_size, run.data_conf.window_s
    return [
        name_of(of_run[0], run.system_conf), f"{window:g}", str(batch), f"{bare:.0f}", f"{trainer:.0f}",
        f"{100 * (trainer / bare - 1):+.1f}", f"{100 * waiting:.2f}", f"{1000 * batch * window / trainer:.2f}",
        f"{most:.0f}",
    ]  # fmt: skip


def separation_row(path: Path, seconds: float, repeats: int, now: Callable[[], float]) -> list[str]:
    """Return a row of the second table."""
    sizes = from_dict(PoCoNetConfig, load_yaml(path)[0]["system_conf"], source=str(path))
    spent, most = alone(separation, sizes, seconds, repeats, now)
    return [name_of(path, sizes), f"{seconds:g}", f"{spent:.2f}", f"{spent / seconds:.3f}", f"{most:.0f}"]


def name_of(path: Path, sizes: PoCoNetConfig) -> str:
    """Return a YAML's name and the size of its network, in words."""
    with torch.device("meta"):
        weights = sum(parameter.numel() for parameter in Separator(sizes).parameters())
    return f"{path.parent.name}/{path.stem}, {weights / 1e6:.1f} M weights"


def options() -> tuple[argparse.Namespace, list[str]]:
    """Return the benchmark's options and those of the trainings."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--configs", type=Path, nargs="+", default=[CONF / "mini/small_10s_p0.yaml", CONF / "mini/teacher.yaml"],
        help="trainings that are measured (default: two of mini's)",
    )  # fmt: skip
    parser.add_argument("--windows", type=float, nargs="+", default=[None], help="lengths in s (default: the YAML's)")
    parser.add_argument("--bench_steps", type=two_or_more, default=5, help="steps of each (default: 5)")
    parser.add_argument("--gpu", action="store_true", help="train on the GPU")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of what is separated (default: 10)")
    parser.add_argument("--repeats", type=cli.positive, default=2, help="turns, and separations (default: 2)")
    parser.add_argument(
        "--cpu_time", action="store_true", help="time of the CPU, on a machine that does more than this"
    )
    return parser.parse_known_args()


def main() -> None:
    """Run the benchmark and print its tables."""
    known, further = options()
    now = time.process_time if known.cpu_time else time.perf_counter
    trained, separated = [], []
    with tempfile.TemporaryDirectory() as folder:
        songs = make_songs(Path(folder), 16000, 1, ".wav")
        for path in known.configs:
            for window in known.windows:
                of_run = (path, songs, window, known.bench_steps, further)
                trained.append(training_row(known.gpu, known.repeats, now, *of_run))
            separated.append(separation_row(path, known.seconds, known.repeats, now))
    header = ["training", "window s", "batch", "bare ms/step", "trainer ms/step", "overhead %", "waiting %"]
    print_table([*header, "s of songs a s", "peak memory MiB"], trained)
    print_table(["separation", "signal s", "time s", "real-time factor", "peak memory MiB"], separated)


if __name__ == "__main__":
    cli.run(main)
