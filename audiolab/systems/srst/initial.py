"""Weights that one phase of training takes over from another."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from audiolab.errors import AudiolabError
from audiolab.training.export import MODEL, load_model


def take_over(network: nn.Module, run: str | Path, name: str, key: str) -> None:
    """Give ``network`` the weights of the network ``name`` of another training run.

    Args:
        network: Takes them.
        run: The other run's folder.
        name: Of the network there, one of its `System.exports`.
        key: The config's key that named the run, for messages.

    Raises:
        AudiolabError: The run has no model yet, none of that name, or one of other sizes.
    """
    path = Path(run) / MODEL
    if not path.is_file():
        raise AudiolabError(f"{path}: no such model; train the run that {key} names first")
    state = load_model(path, "train that run again")
    if name not in state["state"]:
        raise AudiolabError(f"{path}: a {state['system']} without '{name}', which {key} needs")
    try:
        network.load_state_dict(state["state"][name])
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        raise AudiolabError(f"{path}: its {name} is of other sizes than here; see {key} ({reason})") from error
