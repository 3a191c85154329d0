"""Weights, and optimisers' states, that a run takes over from other ones when it begins."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from audiolab.errors import AudiolabError, did_you_mean
from audiolab.training.checkpoint import Checkpoints
from audiolab.training.config import InitConfig
from audiolab.training.export import MODEL, load_model, take_state
from audiolab.training.system import Initial, System


class Inheritance:
    """What the networks of a system begin with; each file of another run is read once.

    Args:
        system: Takes it; some of its networks may begin with other runs' weights by `System.initial`.
        init: The run's config of it, which goes before that.
        resumed: The run has it already, so the other runs may be gone.

    Raises:
        AudiolabError: ``init.networks`` names what the system or the other run does not have.
    """

    def __init__(self, system: System, init: InitConfig | None = None, resumed: bool = False) -> None:
        self.init = init or InitConfig()
        self._runs: dict[Path, _Run] = {}
        self.initial = [*self._of_config(system, resumed), *system.initial()]

    def take_over(self) -> None:
        """Give networks the weights.

        Raises:
            AudiolabError: A run has no model yet, none of that name, or one of other sizes.
        """
        for each in self.initial:
            run = self._run(each.run)
            try:
                take_state(each.network, run.state(each.name, each.checkpoint, each.key))
            except RuntimeError as error:
                reason = " ".join(str(error).split())[:200]
                raise AudiolabError(
                    f"{run.path(each.checkpoint)}: its {each.name} is of other sizes than here; see {each.key} "
                    f"({reason})"
                ) from error

    def take_over_optimizers(self, optimizers: Mapping[str, Optimizer]) -> None:
        """Give optimisers the states (not the rates) that those of the same updates had in the run of ``init``.

        Raises:
            AudiolabError: They were of other networks.
        """
        if self.init.run is None or not self.init.checkpoint:
            return
        run = self._run(self.init.run)
        others = run.checkpoint("init.run")["updater"]["optimizers"]
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

    def fingerprints(self) -> dict[str, str]:
        """Return hashes of the weights that networks begin with, by the config's keys; what is gone is left out."""
        digests: dict[str, Any] = {}
        for each in self.initial:
            run = self._run(each.run)
            if run.path(each.checkpoint).exists():
                state = run.state(each.name, each.checkpoint, each.key)
                _add(digests.setdefault(each.key, hashlib.sha256()), state)
        return {key: f"SHA-256 {digest.hexdigest()[:16]}" for key, digest in digests.items()}

    def _of_config(self, system: System, resumed: bool) -> list[Initial]:
        folder, checkpoint = self.init.run, self.init.checkpoint
        if folder is None or (resumed and not self._run(folder).path(checkpoint).exists()):
            return []
        children = {
            name: child for name, child in system.named_children() if next(child.parameters(), None) is not None
        }
        for name in self.init.networks or ():
            if name not in children:
                raise AudiolabError(f"init.networks: the system has no network '{name}'{did_you_mean(name, children)}")
        there = self._run(folder).networks(checkpoint, "init.run")
        names = self.init.networks or [name for name in children if name in there]
        if not names:
            raise AudiolabError(
                f"{folder}: has none of the networks of this system, {', '.join(children)}; see init.run"
            )
        return [Initial(children[name], folder, name, "init.run", checkpoint) for name in names]

    def _run(self, folder: str | Path) -> _Run:
        return self._runs.setdefault(Path(folder), _Run(Path(folder)))


def _add(digest: Any, state: Mapping[str, Tensor]) -> None:
    for name, value in sorted(state.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())


def _part(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = f"{name}."
    return {each.removeprefix(prefix): value for each, value in state.items() if each.startswith(prefix)}


class _Run:
    """Another run. ``key`` is the config's one that names it, for messages."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._checkpoint: dict[str, Any] | None = None
        self._model: dict[str, Any] | None = None

    def path(self, checkpoint: bool) -> Path:
        """Return what the weights are read from."""
        return self._folder / ("checkpoints" if checkpoint else MODEL)

    def checkpoint(self, key: str) -> dict[str, Any]:
        """Return the last checkpoint."""
        if self._checkpoint is None:
            folder = self.path(True)
            self._checkpoint = Checkpoints(folder, 1).load_latest() if folder.is_dir() else None
            if self._checkpoint is None:
                raise AudiolabError(f"{folder}: no checkpoint is there; train the run that {key} names first")
        return self._checkpoint

    def model(self, key: str) -> dict[str, Any]:
        """Return ``model.pt``."""
        if self._model is None:
            path = self.path(False)
            if not path.is_file():
                raise AudiolabError(f"{path}: no such model; train the run that {key} names first")
            self._model = load_model(path, "train that run again")
        return self._model

    def networks(self, checkpoint: bool, key: str) -> set[str]:
        """Return the names of what it has."""
        if checkpoint:
            return {name.partition(".")[0] for name in self.checkpoint(key)["system"]}
        return set(self.model(key)["state"])

    def state(self, name: str, checkpoint: bool, key: str) -> dict[str, Tensor]:
        """Return the state dict of a network, or of a part of one: ``enhancer.encoder``."""
        if checkpoint:
            found, system = _part(self.checkpoint(key)["system"], name), "run"
        else:
            model, (network, _, part) = self.model(key), name.partition(".")
            found, system = model["state"].get(network), model["system"]
            if found and part:
                found = _part(found, part)
        if not found:
            raise AudiolabError(f"{self.path(checkpoint)}: a {system} without '{name}', which {key} needs")
        return found
