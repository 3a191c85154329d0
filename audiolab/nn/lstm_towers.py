"""LSTM layers with recurrent projection, several side by side: towers that hear the same run as one computation.

A layer is that of ``torch.nn.LSTM(inputs, cells, proj_size=projection)`` with one bias; the gates of each tower stand
in the same order. Towers are a batch of matrix products, one a frame, and the product with the layer's input is one for
all frames. Frames follow one another in a loop: with a recurrent projection no two of them can be computed together.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

State = tuple[Tensor, Tensor]
"""What a layer carries from frame to frame: what it gave, [K, B, projection], and its cells, [K, B, cells]."""


class TowerLayer(nn.Module):
    """One LSTM layer of each of K towers.

    Args:
        towers: K.
        inputs: Values that go in, I.
        cells: Memory cells, C.
        projection: Values that come out and are fed back, P.
    """

    def __init__(self, towers: int, inputs: int, cells: int, projection: int) -> None:
        super().__init__()
        self.weight_in = nn.Parameter(torch.empty(towers, 4 * cells, inputs))
        self.weight_state = nn.Parameter(torch.empty(towers, 4 * cells, projection))
        self.bias = nn.Parameter(torch.empty(towers, 4 * cells))
        self.weight_projection = nn.Parameter(torch.empty(towers, projection, cells))
        for parameter in self.parameters():  # as torch.nn.LSTM begins
            nn.init.uniform_(parameter, -1 / math.sqrt(cells), 1 / math.sqrt(cells))

    def weights(self) -> tuple[Tensor, ...]:
        """Return the weights in the order of `run_layer`."""
        return self.weight_in, self.weight_state, self.bias, self.weight_projection


def run_layer(x: Tensor, state: State, weights: tuple[Tensor, ...]) -> tuple[Tensor, State]:
    """Run a layer over all frames.

    Args:
        x: Of each tower, [K, T, B, I].
        state: What it begins with.
        weights: `TowerLayer.weights`, [K, 4C, I], [K, 4C, P], [K, 4C] and [K, P, C].

    Returns:
        What it gives, [K, T, B, P], and the state behind the last frame. No gradient flows through the states.
    """
    found, cells = _Layer.apply(x, state[0].detach(), state[1].detach(), *weights)
    return found, (found[:, -1].detach(), cells)


class _Layer(torch.autograd.Function):
    """The loop over frames, forward and back; the weights' gradients are one product each, over all frames.

    What a frame takes is small enough for a processor's cache; new memory for all frames costs more than the arithmetic
    on it, so as little as possible is kept.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, h: Tensor, c: Tensor, w_in: Tensor, w_state: Tensor, bias: Tensor, w_out: Tensor
    ) -> tuple[Tensor, Tensor]:
        towers, frames, batch, _ = x.shape
        width = c.shape[-1]
        gates = torch.baddbmm(bias[:, None], x.flatten(1, 2), w_in.mT).unflatten(1, (frames, batch))
        cells, outs = (start.new_empty(towers, frames + 1, *start.shape[1:]) for start in (c, h))
        tanhs, hidden = (x.new_empty(towers, frames, batch, width) for _ in range(2))
        cells[:, 0], outs[:, 0] = c, h
        w_state, w_out = w_state.mT, w_out.mT
        for t in range(frames):
            gate = gates[:, t].baddbmm_(outs[:, t], w_state)
            gate[..., : 2 * width].sigmoid_()
            gate[..., 2 * width : 3 * width].tanh_()
            gate[..., 3 * width :].sigmoid_()
            enter, forget, new, leave = gate.unflatten(-1, (4, width)).unbind(-2)
            torch.mul(forget, cells[:, t], out=cells[:, t + 1]).addcmul_(enter, new)
            torch.tanh(cells[:, t + 1], out=tanhs[:, t])
            torch.mul(leave, tanhs[:, t], out=hidden[:, t])
            outs[:, t + 1] = torch.bmm(hidden[:, t], w_out)
        ctx.save_for_backward(x, gates, cells, outs, tanhs, hidden, w_in, w_state, w_out)
        last = cells[:, -1].clone()
        ctx.mark_non_differentiable(last)
        return outs[:, 1:], last

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor | None, ...]:
        x, gates, cells, outs, tanhs, hidden, w_in, w_state, w_out = ctx.saved_tensors
        frames, width = gates.shape[1], cells.shape[-1]
        d_out = gradient.clone()  # becomes the gradient with what later frames feed back
        d_cell = torch.zeros_like(cells[:, 0])
        d_gates = torch.empty_like(gates)
        w_state, w_out = w_state.mT, w_out.mT
        for t in reversed(range(frames)):
            if t + 1 < frames:
                d_out[:, t].baddbmm_(d_gates[:, t + 1], w_state)
            enter, forget, new, leave = gates[:, t].unflatten(-1, (4, width)).unbind(-2)
            d_enter, d_forget, d_new, d_leave = d_gates[:, t].unflatten(-1, (4, width)).unbind(-2)
            d_hidden = torch.bmm(d_out[:, t], w_out)
            _through_sigmoid(d_hidden * tanhs[:, t], leave, out=d_leave)
            d_cell += _through_tanh(d_hidden.mul_(leave), tanhs[:, t])
            _through_sigmoid(d_cell * new, enter, out=d_enter)
            _through_sigmoid(d_cell * cells[:, t], forget, out=d_forget)
            _through_tanh(d_cell * enter, new, out=d_new)
            d_cell *= forget
        flat, needs = d_gates.flatten(1, 2), ctx.needs_input_grad
        return (
            torch.bmm(flat, w_in).unflatten(1, gates.shape[1:3]) if needs[0] else None,
            None,
            None,
            torch.bmm(flat.mT, x.flatten(1, 2)) if needs[3] else None,
            torch.bmm(flat.mT, outs[:, :-1].flatten(1, 2)) if needs[4] else None,
            flat.sum(1) if needs[5] else None,
            torch.bmm(d_out.flatten(1, 2).mT, hidden.flatten(1, 2)) if needs[6] else None,
        )


def _through_sigmoid(gradient: Tensor, found: Tensor, out: Tensor) -> Tensor:
    return torch.ops.aten.sigmoid_backward(gradient, found, grad_input=out)


def _through_tanh(gradient: Tensor, found: Tensor, out: Tensor | None = None) -> Tensor:
    if out is None:
        return torch.ops.aten.tanh_backward(gradient, found)
    return torch.ops.aten.tanh_backward(gradient, found, grad_input=out)
