"""Mixtures ranked by how much a domain classifier takes them for the target domain (SRST, §2 and Algorithm 1)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError
from audiolab.waiting import told


class Classifier(Protocol):
    """What is needed of a domain classifier, such as `audiolab.systems.srst.predictor.DomainPredictor`."""

    rate: int

    def target_probability(self, mixtures: torch.Tensor) -> torch.Tensor: ...


def decisions(classifier: Classifier, mixtures: MixtureDir, batch_size: int, nj: int = 1) -> dict[str, float]:
    """Return id -> probability, 0 to 1, that a mixture, taken as a whole, is of the target domain.

    Args:
        classifier: The model.
        mixtures: At the model's rate.
        batch_size: Mixtures of one length that are classified at a time, at most.
        nj: Threads that read.

    Raises:
        AudiolabError: The rates differ, or the model gives NaN.
    """
    if mixtures.rate != classifier.rate:
        raise AudiolabError(f"{mixtures.path}: {mixtures.rate} Hz, but the model works at {classifier.rate} Hz")
    found: dict[str, float] = {}
    with ThreadPoolExecutor(nj) as pool:
        for batch in told(list(_batches(mixtures.samples, batch_size)), "batches of mixtures"):
            waves = np.stack(list(pool.map(lambda index: sum(mixtures.parts(index)), batch)))
            probabilities = classifier.target_probability(torch.from_numpy(waves)).tolist()
            found |= {mixtures.ids[index]: probability for index, probability in zip(batch, probabilities)}
    broken = [name for name, probability in found.items() if not math.isfinite(probability)]
    if broken:
        raise AudiolabError(f"{mixtures.path}: {broken[0]}: the model gives NaN; train it again")
    return dict(sorted(found.items()))


def most_alike(probabilities: Mapping[str, float], percent: float) -> list[str]:
    """Return the ids of the ``percent`` of mixtures that are most like the target, sorted; at least one."""
    ranked = sorted(probabilities, key=lambda name: (-probabilities[name], name))
    return sorted(ranked[: _count(len(ranked), percent)])


def at_random(ids: Sequence[str], percent: float, generator: np.random.Generator) -> list[str]:
    """Return ``percent`` of the ids, drawn without replacement, sorted; at least one."""
    return sorted(ids[number] for number in generator.permutation(len(ids))[: _count(len(ids), percent)])


def read_decisions(path: str | Path) -> dict[str, float]:
    """Return a table that `audiolab.bin.rank_domains` wrote: id -> probability of the target domain.

    Raises:
        AudiolabError: The table is missing or empty, or a value is no probability.
    """
    found = {}
    for name, text in read_table(path).items():
        try:
            found[name] = float(text)
        except ValueError:
            found[name] = math.nan
        if not 0 <= found[name] <= 1:
            raise AudiolabError(f"{path}: {name}: '{text}' is no probability; rank the mixtures again")
    if not found:
        raise AudiolabError(f"{path}: no mixture in it; rank the mixtures again")
    return found


def _count(total: int, percent: float) -> int:
    return max(1, round(total * percent / 100))


def _batches(samples: np.ndarray, size: int) -> Iterator[list[int]]:
    """Yield the numbers of mixtures in batches of one length."""
    order = np.argsort(samples, kind="stable").tolist()
    for _, group in groupby(order, key=lambda index: samples[index]):
        of_length = list(group)
        yield from (of_length[start : start + size] for start in range(0, len(of_length), size))
