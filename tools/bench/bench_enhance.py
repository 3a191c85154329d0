"""Speech enhancement: real-time factor and peak memory on one thread, beside a plain forward pass of the same network.

    python tools/bench/bench_enhance.py [--configs egs/dns/se1/conf/source.yaml …] [--seconds 10 60 600]

The peer is the network as PyTorch runs it: STFT, U-Net and inverse STFT of the whole signal at once, whose memory grows
with the signal; it is left out for signals over ``--whole`` seconds. Ratio is its real-time factor, at its longest
signal, to that of each way of `Predictor`: a file (read twice, for its level and to be enhanced, as
``audiolab.bin.enhance`` does), an array, and a stream whose level is not known. Each is measured in a process of its
own; memory is the most that it held beyond what it had with the model loaded and a second of audio enhanced. Weights
are random, which takes as long.
"""

from __future__ import annotations

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from signals import RATE, memory, print_table

from audiolab import cli
from audiolab.config import from_dict, load_yaml
from audiolab.datadir.audiowrite import write_audio
from audiolab.errors import AudiolabError
from audiolab.synthesis.speechlike import speech_like
from audiolab.systems.srst.config import EnhancerConfig
from audiolab.systems.srst.enhancer import Enhancer
from audiolab.systems.srst.predictor import Predictor
from audiolab.tasks.se.apply import enhance_file

CONF = Path(__file__).parents[2] / "egs/dns/se1/conf"
BLOCK = RATE // 2
PEER = "plain forward of the whole"


def ways(network: Enhancer, model: Predictor, seconds: float, folder: Path) -> dict[str, Callable[[], object]]:
    """Return what may be done with a signal of so many seconds, by name; a file is written where it is needed."""
    loop = speech_like(10.0, RATE, 150, np.random.default_rng(0)).astype(np.float32)
    samples = round(seconds * RATE)

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, samples, BLOCK):
            yield loop[start % len(loop) :][: min(BLOCK, samples - start), None]

    def file(chunk_s: float) -> None:
        source, out = folder / f"{seconds:g}.wav", folder / "out.wav"
        if not source.is_file():
            write_audio(source, np.resize(loop, samples), RATE)
        enhance_file(model, source, out, chunk_s)

    def stream(chunk_s: float) -> None:
        for _ in model.stream(blocks(), RATE, None, chunk_s):
            pass

    return {
        PEER: lambda: torch.no_grad()(network)(torch.from_numpy(np.resize(loop, samples))[None]),
        "array, pieces of 20 s": lambda: model.enhance(np.resize(loop, samples), RATE),
        "file, pieces of 20 s": lambda: file(20.0),
        "stream, pieces of 20 s": lambda: stream(20.0),
        "stream, pieces of 5 s": lambda: stream(5.0),
        "stream, pieces of 1 s": lambda: stream(1.0),
    }


def measure(config: EnhancerConfig, way: str, seconds: float, repeats: int) -> tuple[float, float]:
    """Return the shortest time in s of ``repeats`` runs, and the most memory in MiB that they took."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = Enhancer(config).eval()
    model = Predictor(config, network.state_dict(), torch.device("cpu"))
    times = []
    with tempfile.TemporaryDirectory() as folder:
        ways(network, model, 1.0, Path(folder))[way]()
        before = memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
        run = ways(network, model, seconds, Path(folder))[way]
        for _ in range(repeats):
            began = time.perf_counter()
            run()
            times.append(time.perf_counter() - began)
    return min(times), memory("VmHWM") - before


def network(path: Path) -> tuple[str, EnhancerConfig]:
    """Return the size of the network that a training's YAML asks for, in words, and its config."""
    config = from_dict(EnhancerConfig, load_yaml(path)[0]["system_conf"]["enhancer"] | {"rate": RATE}, source=str(path))
    return f"{sum(p.numel() for p in Enhancer(config).parameters()) / 1e6:.1f} M weights", config


def rows(name: str, config: EnhancerConfig, options: argparse.Namespace) -> Iterator[list[str]]:
    """Yield the rows of one network, the peer's of all lengths first."""
    found = {}
    for way in ways(None, None, 0, Path()):  # by name only
        for seconds in sorted(options.seconds):
            if way == PEER and seconds > options.whole:
                continue
            repeats = options.repeats if seconds <= options.whole else 1
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                spent, memory = alone.submit(measure, config, way, seconds, repeats).result()
            found[way] = spent / seconds
            ratio = found[PEER] / found[way]
            yield [name, way, f"{seconds:g}", f"{spent:.2f}", f"{found[way]:.4f}", f"{ratio:.2f}", f"{memory:.0f}"]


def main() -> None:
    """Run the benchmark and print its table."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--configs", type=Path, nargs="+", default=[CONF / "source.yaml", CONF / "mini/source.yaml"],
        help="trainings whose networks are measured (default: the recipe's of the paper's size, and mini's)",
    )  # fmt: skip
    parser.add_argument(
        "--seconds", type=float, nargs="+", default=[10.0, 60.0, 600.0], help="lengths of signals (default: 10 60 600)"
    )
    parser.add_argument(
        "--whole", type=float, default=60.0, help="longest signal that the peer gets; longer ones are run once"
    )
    parser.add_argument(
        "--repeats", type=cli.positive, default=3, help="runs, of which the fastest counts (default: 3)"
    )
    options = parser.parse_args()
    if min(options.seconds) > options.whole:
        raise AudiolabError("all --seconds are longer than --whole: the peer would get no signal")
    table = [row for path in options.configs for row in rows(*network(path), options)]
    header = ["network", "way", "signal s", "time s", "real-time factor", "ratio", "peak memory MiB"]
    print_table(header, table)


if __name__ == "__main__":
    cli.run(main)
