"""Padding: how many times the frames that are needed are computed, with and without ``trainer.bucket``.

    python tools/bench/bench_padding.py
    python tools/bench/bench_padding.py --bucket 0 30 --batch_size 16 --groups 5

Utterances of 1 to 20 s go through the trainer's sampler for an epoch, in batches that are padded to their longest.
Their lengths are drawn evenly over seconds, or over the logarithm of seconds, so that most are short. The factor is
frames of batches by frames of utterances. The time is that of choosing which items an epoch's batches have.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import torch
from signals import print_table
from torch.nn.utils.rnn import pad_sequence

from audiolab import cli
from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.training.sampler import BatchSampler

SHORTEST, LONGEST = 1.0, 20.0
"""Of an utterance, s."""
FRAMES = 100
"""A second."""


class Silence(SystemDataset):
    """Utterances of which only the length counts.

    Args:
        lengths: Frames of each, [N].
        groups: Group of each, [N].
    """

    def __init__(self, lengths: np.ndarray, groups: np.ndarray) -> None:
        self._lengths, self._groups = lengths, groups

    def __len__(self) -> int:
        return len(self._lengths)

    def fingerprint(self) -> str:
        return f"{len(self)} utterances"

    def __getitem__(self, key: SampleKey) -> dict[str, Any]:
        return {"utt": f"utt{key.index}", "x": torch.zeros(self._lengths[key.index])}

    def collate(self, samples: list[dict[str, Any]]) -> Batch:
        """Return ``x`` [B, T], padded to the longest of the batch."""
        x = pad_sequence([sample["x"] for sample in samples], batch_first=True)
        return {"utts": [sample["utt"] for sample in samples], "x": x}

    def sizes(self) -> np.ndarray:
        """Return frames."""
        return self._lengths

    def groups(self) -> np.ndarray:
        """Return groups."""
        return self._groups


def lengths(way: str, count: int, generator: np.random.Generator) -> np.ndarray:
    """Return the lengths of utterances in frames, [count], drawn ``evenly`` or ``mostly short``."""
    if way == "evenly":
        seconds = generator.uniform(SHORTEST, LONGEST, count)
    else:
        seconds = np.exp(generator.uniform(np.log(SHORTEST), np.log(LONGEST), count))
    return np.round(FRAMES * seconds).astype(np.int64)


def padding(dataset: Silence, batch_size: int, bucket: int) -> tuple[float, float]:
    """Return the factor over the first epoch, and the seconds that choosing its batches takes."""
    sampler = BatchSampler(dataset, batch_size, seed=0, bucket=bucket)
    began = time.perf_counter()
    chosen = [sampler.micro_batches(step)[0] for step in range(sampler.steps_per_epoch)]
    seconds = time.perf_counter() - began
    computed = sum(dataset.batch(keys)["x"].numel() for keys in chosen)
    needed = sum(int(dataset.sizes()[key.index]) for keys in chosen for key in keys)
    return computed / needed, seconds


def main() -> None:
    """Run the benchmark and print its table."""
    parser = cli.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--utterances", type=cli.positive, default=20_000, help="how many (default: 20000)")
    parser.add_argument("--groups", type=cli.positive, default=1, help="of them, such as speakers (default: 1)")
    parser.add_argument("--batch_size", type=cli.positive, default=32, help="items of a batch (default: 32)")
    parser.add_argument("--bucket", type=int, nargs="+", default=[0, 10, 30, 100], help="trainer.bucket (default: all)")
    given = parser.parse_args()
    rows = []
    for way in ("evenly", "mostly short"):
        generator = np.random.default_rng(0)
        sizes = lengths(way, given.utterances, generator)
        dataset = Silence(sizes, generator.integers(given.groups, size=len(sizes)))
        for bucket in given.bucket:
            factor, seconds = padding(dataset, given.batch_size, bucket)
            rows.append([way, str(bucket), f"{factor:.3f}", f"{seconds:.2f}"])
    print_table(["lengths", "bucket", "computed / needed", "s an epoch"], rows)


if __name__ == "__main__":
    cli.run(main)
