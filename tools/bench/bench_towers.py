"""MLMS' towers as one computation, beside one ``torch.nn.LSTM`` with projection after the other.

    python tools/bench/bench_towers.py
    python tools/bench/bench_towers.py --threads 2 --batch_size 16 --frames 100
    python tools/bench/bench_towers.py --device cuda --batch_size 64

Times are of a forward and a backward pass over a chunk, of the paper's sizes with the rectified units, the best of some
that take turns. The factor is the loop's time by that of the towers; the distance is the largest one of what both give.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from signals import print_table
from torch import Tensor, nn

from audiolab import cli
from audiolab.systems.mlms.config import MLMSConfig
from audiolab.systems.mlms.towers import Towers


class Loop(nn.Module):
    """The same towers, one after the other.

    Args:
        towers: Whose weights it takes.
    """

    def __init__(self, towers: Towers) -> None:
        super().__init__()
        weights = [stack.weights() for stack in (towers.mean, towers.bases) if stack is not None]
        joined = [torch.cat(each).detach() for each in zip(*weights)]
        self.rectified = nn.ModuleList(nn.Linear(*weight.shape[::-1]) for weight in joined[0])
        layers, (cells, projection) = len(towers.mean.layers), joined[5].shape[2:0:-1]
        hidden = joined[0].shape[1]
        self.lstms = nn.ModuleList(nn.LSTM(hidden, cells, layers, proj_size=projection) for _ in self.rectified)
        for number, (linear, lstm) in enumerate(zip(self.rectified, self.lstms)):
            linear.weight.data, linear.bias.data = joined[0][number], joined[1][number]
            for layer in range(layers):
                names = ("weight_ih", "weight_hh", "bias_ih", "weight_hr")
                for name, value in zip(names, joined[2 + 4 * layer :]):
                    getattr(lstm, f"{name}_l{layer}").data.copy_(value[number])
                getattr(lstm, f"bias_hh_l{layer}").data.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """Return what all towers give of inputs [B, T, N], [1 + L, T, B, projection]."""
        x = x.transpose(0, 1)
        return torch.stack([lstm(torch.relu(linear(x)))[0] for linear, lstm in zip(self.rectified, self.lstms)])


def seconds(run: Callable[[], Tensor], device: torch.device) -> float:
    """Return the seconds of a forward and a backward pass."""
    began = _now(device)
    run().square().mean().backward()
    return _now(device) - began


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def main() -> None:
    """Run the benchmark and print its table."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bases", type=cli.positive, default=6, help="basis towers (default: 6)")
    parser.add_argument("--inputs", type=cli.positive, default=425, help="values of a frame (default: 425)")
    parser.add_argument("--cells", type=cli.positive, default=256, help="of a layer; it gives half (default: 256)")
    parser.add_argument("--batch_size", type=cli.positive, default=16, help="utterances (default: 16)")
    parser.add_argument("--frames", type=cli.positive, default=100, help="of a chunk (default: 100)")
    parser.add_argument("--threads", type=cli.positive, default=1, help="of the CPU (default: 1)")
    parser.add_argument("--repeats", type=cli.positive, default=5, help="times each (default: 5)")
    parser.add_argument("--device", default="cpu", help="where it runs (default: cpu)")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    device = torch.device(given.device)
    sizes = {"hidden": given.cells, "cells": given.cells, "projection": max(1, given.cells // 2)}
    config = MLMSConfig(columns=given.inputs - 4, added=0, bases=given.bases, **sizes)
    towers = Towers(config).to(device)
    loop = Loop(towers).to(device)
    x = torch.randn(given.batch_size, given.frames, given.inputs, device=device)
    ways = {"loop": lambda: loop(x), "towers": lambda: towers(x, towers.start(given.batch_size))[0]}
    with torch.no_grad():
        distance = float((ways["loop"]() - ways["towers"]()).abs().max())
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(1 + given.repeats):  # the first one warms up, and is seldom the best
        best = {name: min(best[name], seconds(way, device)) for name, way in ways.items()}
    frames = given.batch_size * given.frames
    rows = [
        [name, f"{1000 * took:.1f}", f"{frames / took:.0f}", f"{best['loop'] / took:.2f}", f"{distance:.1e}"]
        for name, took in best.items()
    ]
    print_table(["way", "ms a chunk", "frames a second", "factor", "distance"], rows)


if __name__ == "__main__":
    cli.run(main)
