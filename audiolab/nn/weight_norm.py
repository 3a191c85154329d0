"""Weights as direction and length (Salimans and Kingma, 2016): put on for training, taken off for use."""

from __future__ import annotations

from typing import TypeVar

from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import weight_norm

Network = TypeVar("Network", bound=nn.Module)

__all__ = ["weight_norm", "without_weight_norm"]


def without_weight_norm(network: Network) -> Network:
    """Return the network with plain weights in place of all directions and lengths; what it gives stays the same."""
    for module in list(network.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
    return network
