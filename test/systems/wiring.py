"""For wiring tests: a system's updates and a plain reference's, side by side, with an optimiser's step after each.

A reference is written out in the test itself, after the paper: loops over samples, bands and frames, and weights by
name. It shares no code with the system, neither losses nor networks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

Weights = dict[str, dict[str, torch.Tensor]]
"""Network -> name of a weight -> its value; the reference's own copies."""

RATE = 0.05


@dataclass
class Plain:
    """A reference's update.

    Attributes:
        name: As the system's.
        loss: Its value.
        logged: What is logged with it.
        networks: Those that it steps.
        objective: What the networks descend on; None: the loss. A reversed gradient makes the two differ.
    """

    name: str
    loss: torch.Tensor
    networks: tuple[str, ...]
    logged: dict[str, Any] = field(default_factory=dict)
    objective: torch.Tensor | None = None


def weights_of(system: Any) -> Weights:
    """Return copies of all networks' parameters and buffers; those that learn want a gradient."""
    learned = {name for name, parameter in system.named_parameters() if parameter.requires_grad}
    found: Weights = {}
    for name, value in system.state_dict().items():
        network, _, rest = name.partition(".")
        if isinstance(value, torch.Tensor) and rest:
            copy = value.detach().clone()
            found.setdefault(network, {})[rest] = copy.requires_grad_(name in learned)
    return found


def compare(
    system: Any,
    reference: Callable[[Weights, dict[str, Any]], Iterator[Plain]],
    batches: list[dict[str, Any]],
    weights: Weights | None = None,
    tolerance: float = 1e-9,
) -> Weights:
    """Hold every update's loss, what it logs, every stepped network's gradient, and all weights after the last step.

    Each update is followed by a step of plain gradient descent, so a network that is used before or after its step
    where it should not be shows in the next loss.

    Args:
        system: Ready to train.
        reference: Yields a batch's updates from weights, which are new tensors after each yield.
        batches: Steps in a row.
        weights: The reference's, where an earlier call left off; None: as the system's are.
        tolerance: Relative, of each tensor's largest value.

    Returns:
        The reference's weights at the end.
    """
    weights = weights_of(system) if weights is None else weights
    for batch in batches:
        plain = reference(weights, batch)
        for update in system.updates(batch):
            expected = next(plain)
            assert update.name == expected.name
            same(f"{update.name}: loss", update.loss, expected.loss, tolerance)
            for key, value in expected.logged.items():
                same(f"{update.name}: {key}", update.stats[key], value, tolerance)
            _step(system, update, weights, expected, tolerance)
        assert next(plain, None) is None
    for network, values in weights.items():
        state = getattr(system, network).state_dict()
        for key, value in values.items():
            same(f"{network}.{key} at the end", state[key], value, tolerance)
    return weights


def same(what: str, found: torch.Tensor, expected: torch.Tensor, tolerance: float) -> None:
    """Fail unless two tensors agree within ``tolerance`` of the larger one's peak."""
    found, expected = torch.as_tensor(found).detach(), torch.as_tensor(expected).detach()
    assert found.shape == expected.shape, f"{what}: {tuple(found.shape)} for {tuple(expected.shape)}"
    if not expected.numel() or not expected.dtype.is_floating_point:
        assert torch.equal(found, expected), what
        return
    worst = float((found.double() - expected.double()).abs().max())
    peak = max(float(expected.abs().max()), 1e-3)
    assert worst <= tolerance * peak, f"{what}: {worst:.3g} off, of values up to {peak:.3g}"


def _step(system: Any, update: Any, weights: Weights, expected: Plain, tolerance: float) -> None:
    """Compare the gradients of the networks that an update steps, and step both sides."""
    assert set(system.optimizes[update.name]) == set(expected.networks)
    mine = {
        (network, key): p
        for network in expected.networks
        for key, p in getattr(system, network).named_parameters()
        if p.requires_grad
    }
    system.zero_grad()
    update.loss.backward(inputs=list(mine.values()))
    objective = expected.loss if expected.objective is None else expected.objective
    plain = torch.autograd.grad(objective, [weights[network][key] for network, key in mine], allow_unused=True)
    for ((network, key), parameter), gradient in zip(mine.items(), plain):
        known = weights[network][key]
        gradient = torch.zeros_like(known) if gradient is None else gradient
        found = torch.zeros_like(known) if parameter.grad is None else parameter.grad
        same(f"{update.name}: gradient of {network}.{key}", found, gradient, tolerance)
        weights[network][key] = (known - RATE * gradient).detach().requires_grad_()
        with torch.no_grad():
            parameter -= RATE * found
