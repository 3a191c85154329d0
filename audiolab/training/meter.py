"""Means of what is logged, kept as tensors so that no step waits for the device."""

from __future__ import annotations

import torch
from torch import Tensor

from audiolab.training.distributed import Processes


class Meter:
    """Values of scalars since the last log line."""

    def __init__(self) -> None:
        self._values: dict[str, list[Tensor]] = {}

    def add(self, name: str, value: Tensor) -> None:
        """Take in one scalar; nothing is computed and nothing copied from the device."""
        self._values.setdefault(name, []).append(value.detach())

    def means(self, processes: Processes) -> dict[str, float]:
        """Return the mean of each name over all values of all processes, and begin anew."""
        local = {name: (float(values.sum()), len(values)) for name, values in self.state().items()}
        self._values = {}
        joined: dict[str, list[tuple[float, int]]] = {}
        for part in processes.gather(local):
            for name, pair in part.items():
                joined.setdefault(name, []).append(pair)
        return {name: sum(s for s, _ in pairs) / sum(n for _, n in pairs) for name, pairs in joined.items()}

    def state(self) -> dict[str, Tensor]:
        """Return all values so far by name, float64 on the CPU."""
        return {name: torch.stack(values).double().cpu() for name, values in self._values.items()}

    def load(self, states: list[dict[str, Tensor]], processes: Processes) -> None:
        """Go on from what `state` gave in each process; where their number has changed, the main one takes all."""
        first, last = (0, len(states)) if processes.main else (0, 0)
        if len(states) == processes.world:
            first, last = processes.rank, processes.rank + 1
        self._values = {}
        for state in states[first:last]:
            for name, values in state.items():
                self._values.setdefault(name, []).extend(values.to(processes.device).unbind())
