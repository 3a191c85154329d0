"""Exponential moving average of the weights that inference uses."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import Parameter

from audiolab.training.export import is_exported
from audiolab.training.system import System


class WeightAverage:
    """The bias-corrected exponential mean of the exported parameters over steps.

    After t steps it is ``Σ_i β^(t-i) w_i / Σ_i β^(t-i)``, i = 1 … t: a plain mean at first, whose memory grows to
    1 / (1 - β) steps; the initial weights have no part in it. Kept by ``a ← a + (w - a) (1 - β) / (1 - β^t)``.
    t counts the steps that a parameter was part of; what a step leaves alone, it leaves alone here, too. Buffers are
    not averaged.
    """

    def __init__(self, system: System, decay: float) -> None:
        self.decay = decay
        named = system.named_parameters(remove_duplicate=False)  # a shared one is exported under each of its names
        self._live = {n: p for n, p in named if is_exported(n, system.exports)}
        self.weights = {name: p.detach().clone() for name, p in self._live.items()}
        self.counts = dict.fromkeys(self.weights, 0)

    @torch.no_grad()
    def update(self, stepped: Collection[Parameter]) -> None:
        """Take in the weights after a step of some parameters."""
        alike: dict[int, list[str]] = {}
        for name, parameter in self._live.items():
            if parameter in stepped:
                self.counts[name] += 1
                alike.setdefault(self.counts[name], []).append(name)
        for count, names in alike.items():
            share = (1 - self.decay) / (1 - self.decay**count)
            torch._foreach_lerp_([self.weights[n] for n in names], [self._live[n] for n in names], share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the system compute with the averaged weights inside the block."""
        averaged = {name: self.weights[name] for name, count in self.counts.items() if count}
        before = {name: self._live[name].detach().clone() for name in averaged}
        self._put(averaged)
        try:
            yield
        finally:
            self._put(before)

    @torch.no_grad()
    def _put(self, weights: dict[str, torch.Tensor]) -> None:
        for name, weight in weights.items():
            self._live[name].copy_(weight)

    def state(self) -> dict[str, Any]:
        """Return the mean so far, for a checkpoint."""
        return {"counts": dict(self.counts), "weights": dict(self.weights)}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.counts = dict(state["counts"])
        for name, weight in self.weights.items():
            weight.copy_(state["weights"][name])
