"""Exponential moving average of the weights that inference uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from audiolab.training.export import is_exported
from audiolab.training.system import System


class WeightAverage:
    """The bias-corrected exponential mean of the exported parameters over steps.

    After t steps it is ``Σ_i β^(t-i) w_i / Σ_i β^(t-i)``, i = 1 … t: a plain mean at first, whose memory grows to
    1 / (1 - β) steps; the initial weights have no part in it. Kept by ``a ← a + (w - a) (1 - β) / (1 - β^t)``.
    Buffers are not averaged.
    """

    def __init__(self, system: System, decay: float) -> None:
        self.decay, self.count = decay, 0
        named = system.named_parameters(remove_duplicate=False)  # a shared one is exported under each of its names
        self._live = {n: p for n, p in named if is_exported(n, system.exports)}
        self.weights = {name: p.detach().clone() for name, p in self._live.items()}

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights after a step."""
        self.count += 1
        share = (1 - self.decay) / (1 - self.decay**self.count)
        torch._foreach_lerp_(list(self.weights.values()), list(self._live.values()), share)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Let the system compute with the averaged weights inside the block."""
        if not self.count:
            yield
            return
        before = {name: p.detach().clone() for name, p in self._live.items()}
        self._put(self.weights)
        try:
            yield
        finally:
            self._put(before)

    @torch.no_grad()
    def _put(self, weights: dict[str, torch.Tensor]) -> None:
        for name, parameter in self._live.items():
            parameter.copy_(weights[name])

    def state(self) -> dict[str, Any]:
        """Return the mean so far, for a checkpoint."""
        return {"count": self.count, "weights": dict(self.weights)}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.count = state["count"]
        for name, weight in self.weights.items():
            weight.copy_(state["weights"][name])
