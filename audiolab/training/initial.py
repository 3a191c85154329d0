"""Weights, and optimisers' states, that a run takes over from another one when it begins."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.training.checkpoint import Checkpoints
from audiolab.training.config import InitConfig
from audiolab.training.export import MODEL, load_model, take_state
from audiolab.training.system import Initial, System


def initial_of(config: InitConfig, system: System, resumed: bool = False) -> list[Initial]:
    """Return all networks of a system that begin with another run's weights: those of ``init``, then its own.

    A run that is ``resumed`` has them already, so the other run may be gone.

    Raises:
        AudiolabError: ``init.networks`` names what the system or the other run does not have.
    """
    if config.run is None or (resumed and not _Run(config.run, "init.run").path(config.checkpoint).exists()):
        return system.initial()
    children = {name: child for name, child in system.named_children() if next(child.parameters(), None) is not None}
    for name in config.networks or ():
        if name not in children:
            raise AudiolabError(f"init.networks: the system has no network '{name}'{did_you_mean(name, children)}")
    there = _Run(config.run, "init.run").networks(config.checkpoint)
    names = config.networks or [name for name in children if name in there]
    if not names:
        raise AudiolabError(
            f"{config.run}: has none of the networks of this system, {', '.join(children)}; see init.run"
        )
    return [
        Initial(children[name], config.run, name, "init.run", config.checkpoint) for name in names
    ] + system.initial()


def take_over(initial: Iterable[Initial]) -> None:
    """Give networks the weights of other runs.

    Raises:
        AudiolabError: A run has no model yet, none of that name, or one of other sizes.
    """
    for each in initial:
        run = _Run(each.run, each.key)
        try:
            take_state(each.network, run.state(each.name, each.checkpoint))
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise AudiolabError(
                f"{run.path(each.checkpoint)}: its {each.name} is of other sizes than here; see {each.key} ({reason})"
            ) from error


def take_over_optimizers(config: InitConfig, optimizers: Mapping[str, Optimizer]) -> None:
    """Give optimisers the states (not the rates) that those of the same updates had in the run that ``init`` names.

    Raises:
        AudiolabError: They were of other networks.
    """
    if config.run is None or not config.checkpoint:
        return
    run = _Run(config.run, "init.run")
    others = run.checkpoint()["updater"]["optimizers"]
    for name, optimizer in optimizers.items():
        if name not in others:
            raise AudiolabError(f"{run.path(True)}: has no optimiser '{name}'; set init.checkpoint to false")
        own, theirs = optimizer.state_dict(), others[name]["state"]
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        for place, state in theirs.items():
            shapes = {tuple(value.shape) for value in state.values() if isinstance(value, Tensor) and value.dim()}
            if place >= len(parameters) or shapes - {tuple(parameters[place].shape)}:
                raise AudiolabError(f"{run.path(True)}: its optimiser '{name}' is of other networks than here")
        optimizer.load_state_dict(own | {"state": theirs})


def fingerprints(initial: Iterable[Initial]) -> dict[str, str]:
    """Return hashes of the weights that networks begin with, by the config's keys; what is gone is left out."""
    digests: dict[str, Any] = {}
    for each in initial:
        run = _Run(each.run, each.key)
        if run.path(each.checkpoint).exists():
            _add(digests.setdefault(each.key, hashlib.sha256()), run.state(each.name, each.checkpoint))
    return {key: f"SHA-256 {digest.hexdigest()[:16]}" for key, digest in digests.items()}


def _add(digest: Any, state: Mapping[str, Tensor]) -> None:
    for name, value in sorted(state.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())


@dataclass(frozen=True)
class _Run:
    """Another run, and the config's key that names it."""

    folder: str | Path
    key: str

    def path(self, checkpoint: bool) -> Path:
        """Return what the weights are read from."""
        return Path(self.folder) / ("checkpoints" if checkpoint else MODEL)

    def checkpoint(self) -> dict[str, Any]:
        """Return the last checkpoint."""
        folder = self.path(True)
        content = Checkpoints(folder, 1).load_latest() if folder.is_dir() else None
        if content is None:
            raise AudiolabError(f"{folder}: no checkpoint is there; train the run that {self.key} names first")
        return content

    def networks(self, checkpoint: bool) -> set[str]:
        """Return the names of what it has."""
        if checkpoint:
            return {name.partition(".")[0] for name in self.checkpoint()["system"]}
        return set(self._model()["state"])

    def state(self, name: str, checkpoint: bool) -> dict[str, Tensor]:
        """Return a network's state dict."""
        if checkpoint:
            tensors, prefix = self.checkpoint()["system"], f"{name}."
            found = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
            system = "run"
        else:
            model = self._model()
            found, system = model["state"].get(name), model["system"]
        if not found:
            raise AudiolabError(f"{self.path(checkpoint)}: a {system} without '{name}', which {self.key} needs")
        return found

    def _model(self) -> dict[str, Any]:
        path = self.path(False)
        if not path.is_file():
            raise AudiolabError(f"{path}: no such model; train the run that {self.key} names first")
        return load_model(path, "train that run again")
