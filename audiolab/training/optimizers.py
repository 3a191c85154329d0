"""Optimisers by name: one for each update of a system."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import optim
from torch.nn import Parameter

from audiolab.training.config import OptimConfig
from audiolab.training.system import System

_KINDS: dict[str, tuple[type[optim.Optimizer], tuple[str, ...]]] = {
    "adam": (optim.Adam, ("betas", "eps")),
    "adamw": (optim.AdamW, ("betas", "eps")),
    "radam": (optim.RAdam, ("betas", "eps")),
    "nadam": (optim.NAdam, ("betas", "eps")),
    "sgd": (optim.SGD, ("momentum",)),
    "rmsprop": (optim.RMSprop, ("momentum", "alpha", "eps")),
    "adagrad": (optim.Adagrad, ("eps",)),
    "adadelta": (optim.Adadelta, ("eps",)),
}

_FUSED = {optim.Adam, optim.AdamW, optim.SGD, optim.Adagrad}
"""Those with one kernel for the whole step, on a CPU too: eight times as fast there for Adam as tensor by tensor."""


def make_optimizer(parameters: Iterable[Parameter], config: OptimConfig) -> optim.Optimizer:
    """Return the optimiser that ``config`` names, over ``parameters``."""
    kind, options = _KINDS[config.name]
    chosen: dict[str, Any] = {name: getattr(config, name) for name in options}
    if "betas" in chosen:
        chosen["betas"] = tuple(chosen["betas"])
    if kind in _FUSED:
        chosen["fused"] = True
    return kind(parameters, lr=config.lr, weight_decay=config.weight_decay, **chosen)


def parameters_by_update(system: System) -> dict[str, list[Parameter]]:
    """Return, for each update, the parameters that it steps: those of its networks which require a gradient.

    Raises:
        TypeError: The system names a child that it does not have, or that has nothing to learn.
    """
    children = dict(system.named_children())
    found: dict[str, list[Parameter]] = {}
    for update, networks in system.optimizes.items():
        for network in networks:
            if network not in children:
                raise TypeError(f"{type(system).__name__}.optimizes['{update}'] names '{network}', no child network")
        chosen = [p for network in networks for p in children[network].parameters() if p.requires_grad]
        if not chosen:
            raise TypeError(f"{type(system).__name__}.optimizes['{update}']: nothing in it requires a gradient")
        found[update] = list(dict.fromkeys(chosen))
    return found


def parameters_of_parts(
    system: System, update: str, parts: tuple[str, ...], stepped: list[Parameter]
) -> list[Parameter]:
    """Return the parameters of the parts of networks that an update names, in the order of ``stepped``.

    Args:
        system: Has them.
        update: Its name, for the errors.
        parts: Dotted names of modules and parameters.
        stepped: All parameters of the update's networks that require a gradient.

    Raises:
        TypeError: There is no such part, or nothing of it is the update's to step.
    """
    modules, parameters = dict(system.named_modules()), dict(system.named_parameters(remove_duplicate=False))
    allowed, chosen = set(stepped), set()
    for part in parts:
        if part not in modules and part not in parameters:
            raise TypeError(f"{type(system).__name__}: update '{update}' names part '{part}', which the system lacks")
        found = {parameters[part]} if part in parameters else set(modules[part].parameters())
        if not found & allowed:
            raise TypeError(
                f"{type(system).__name__}: update '{update}' names part '{part}', of which it steps nothing"
            )
        chosen |= found & allowed
    return [parameter for parameter in stepped if parameter in chosen]
