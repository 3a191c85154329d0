"""The mean tower and the basis towers: rectified units, then LSTM layers with projection."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from audiolab.nn.lstm_towers import State, TowerLayer, run_layer
from audiolab.systems.mlms.config import MLMSConfig

POSITIONS = 4
"""Columns of a frame's input that say where in its phone it is; they stand behind all of the phone's."""


class Stack(nn.Module):
    """K towers that learn, or stay, together.

    Args:
        towers: K.
        config: Sizes.
    """

    def __init__(self, towers: int, config: MLMSConfig) -> None:
        super().__init__()
        reach = 1 / math.sqrt(config.inputs)  # as torch.nn.Linear begins
        self.weight = nn.Parameter(torch.empty(towers, config.hidden, config.inputs - config.added))
        self.bias = nn.Parameter(torch.empty(towers, config.hidden))
        nn.init.uniform_(self.weight, -reach, reach)
        nn.init.uniform_(self.bias, -reach, reach)
        self.added = nn.Parameter(torch.zeros(towers, config.hidden, config.added)) if config.added else None
        widths = [config.hidden, *[config.projection] * config.layers]
        self.layers = nn.ModuleList(
            TowerLayer(towers, before, config.cells, config.projection) for before in widths[:-1]
        )

    def weights(self) -> list[Tensor]:
        """Return those of the rectified units, [K, hidden, N] and [K, hidden], then four of each layer."""
        weight = self.weight
        if self.added is not None:
            weight = torch.cat([weight[..., :-POSITIONS], self.added, weight[..., -POSITIONS:]], dim=-1)
        return [weight, self.bias, *(each for layer in self.layers for each in layer.weights())]

    def learning(self) -> list[bool]:
        """Return which parameters learn, in order."""
        return [parameter.requires_grad for parameter in self.parameters()]


class Towers(nn.Module):
    """One mean tower and L basis towers, which run as one where they learn alike.

    Where the bases stay as they are and the mean tower learns, they run apart, so that nothing is computed back
    through the bases.
    """

    def __init__(self, config: MLMSConfig) -> None:
        super().__init__()
        self.mean = Stack(1, config)
        self.bases = Stack(config.bases, config) if config.bases else None
        for name, learns in (("mean", "mean" in config.learns), ("bases", "bases" in config.learns)):
            stack = getattr(self, name)
            if stack is not None:
                stack.requires_grad_(learns)
                if stack.added is not None:
                    stack.added.requires_grad_("added" in config.learns)
        self._sizes = config.projection, config.cells

    @property
    def count(self) -> int:
        """All towers, 1 + L."""
        return 1 + (len(self.bases.bias) if self.bases is not None else 0)

    @torch.no_grad()
    def forget(self, columns: Tensor) -> None:
        """Set the weights of inputs [N] that training does not show to 0: they wait for a language that has them."""
        for stack in filter(None, (self.mean, self.bases)):
            stack.weight[..., columns.to(stack.weight.device)] = 0

    def start(self, batch: int) -> list[State]:
        """Return the state before the first frame: zeros, [1 + L, B, …], of each layer."""
        like = self.mean.bias
        return [
            tuple(like.new_zeros(self.count, batch, size) for size in self._sizes) for _ in range(len(self.mean.layers))
        ]

    def forward(self, x: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """Return what all towers give of inputs [B, T, N], [1 + L, T, B, projection], and the state behind it."""
        stacks = [self.mean] if self.bases is None else [self.mean, self.bases]
        weights = [stack.weights() for stack in stacks]
        if len(stacks) == 2 and (not torch.is_grad_enabled() or self.mean.learning() == self.bases.learning()):
            weights = [[torch.cat(pair) for pair in zip(*weights)]]
        found, first = [], 0
        for each in weights:
            towers = slice(first, first + len(each[0]))
            found.append(_run(x, [(h[towers], c[towers]) for h, c in states], each))
            first = towers.stop
        states = [tuple(torch.cat(parts) for parts in zip(*layer)) for layer in zip(*(after for _, after in found))]
        return torch.cat([gives for gives, _ in found]), states


def _run(x: Tensor, states: list[State], weights: list[Tensor]) -> tuple[Tensor, list[State]]:
    """Run K towers over inputs [B, T, N]."""
    batch, frames, width = x.shape
    weight, bias, *layers = weights
    towers = len(weight)
    flat = x.transpose(0, 1).reshape(1, frames * batch, width).expand(towers, -1, -1)
    y = torch.relu(torch.baddbmm(bias[:, None], flat, weight.mT)).unflatten(1, (frames, batch))
    after = []
    for number, state in enumerate(states):
        y, state = run_layer(y, state, tuple(layers[4 * number : 4 * number + 4]))
        after.append(state)
    return y, after
