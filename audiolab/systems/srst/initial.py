"""Weights that one phase of training takes over from another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from audiolab.errors import AudiolabError
from audiolab.training.export import MODEL, load_model, take_state


@dataclass(frozen=True)
class Initial:
    """A network that begins with the weights of another training run.

    Attributes:
        network: Takes them.
        run: The other run's folder.
        name: Of the network there, one of its `System.exports`.
        key: The config's key that names the run.
    """

    network: nn.Module
    run: str | Path
    name: str
    key: str

    def take_over(self) -> None:
        """Give the network the other one's weights.

        Raises:
            AudiolabError: The run has no model yet, none of that name, or one of other sizes.
        """
        if not self._path.is_file():
            raise AudiolabError(f"{self._path}: no such model; train the run that {self.key} names first")
        try:
            take_state(self.network, self._state())
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise AudiolabError(
                f"{self._path}: its {self.name} is of other sizes than here; see {self.key} ({reason})"
            ) from error

    def fingerprint(self) -> str | None:
        """Return a hash of the other network's weights; None where there is no model (any more)."""
        return fingerprint(self._state()) if self._path.is_file() else None

    @property
    def _path(self) -> Path:
        return Path(self.run) / MODEL

    def _state(self) -> dict[str, Tensor]:
        model = load_model(self._path, "train that run again")
        if self.name not in model["state"]:
            raise AudiolabError(f"{self._path}: a {model['system']} without '{self.name}', which {self.key} needs")
        return model["state"][self.name]


def fingerprint(state: Mapping[str, Tensor]) -> str:
    """Return a hash of a state dict's names, types, shapes and values."""
    digest = hashlib.sha256()
    for name, value in sorted(state.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.cpu().contiguous().numpy().tobytes())
    return f"SHA-256 {digest.hexdigest()[:16]}"


def fingerprints(initial: Iterable[Initial]) -> dict[str, str]:
    """Return the fingerprints of all that are there, by the config's keys."""
    found = {each.key: each.fingerprint() for each in initial}
    return {key: value for key, value in found.items() if value is not None}
