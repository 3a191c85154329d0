"""Trained models outside of recipes: one call loads any system's folder or zip."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import yaml

from audiolab import systems
from audiolab.config import from_dict
from audiolab.errors import AudiolabError

MODEL, CONFIG = "model.pt", "config.yaml"
FORMAT = 1


def load(model: str | Path, device: torch.device | str = "cpu") -> Any:
    """Return what the system offers for inference, with trained weights.

    A SoftGAN model gives a `audiolab.systems.softgan.converter.SoftGANConverter`.

    Args:
        model: A training run's folder, or a zip that ``audiolab.bin.pack`` made of one.
        device: Where it runs.

    Raises:
        AudiolabError: No trained model is there, it is broken, it is of another version, or it carries code.
    """
    model = Path(model)
    tree = _config(model)
    state = _state(model)
    cls = systems.get(tree.get("system", ""))
    if state.get("system") != tree["system"] or state.get("format") != FORMAT:
        raise AudiolabError(
            f"{model}: {MODEL} is of system {state.get('system')}, format {state.get('format')}, but its {CONFIG} is "
            f"of {tree['system']} and this audiolab reads format {FORMAT}"
        )
    config = from_dict(cls.Config, tree.get("system_conf", {}), source=f"{model}/{CONFIG}")
    return cls.predictor(config, state["state"], torch.device(device))


def _config(model: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(_read(model, CONFIG))
    except yaml.YAMLError as error:
        raise AudiolabError(f"{model}/{CONFIG}: not valid YAML") from error
    if not isinstance(tree, dict) or "system" not in tree:
        raise AudiolabError(f"{model}/{CONFIG}: names no system; is this a training run's folder?")
    return tree


def _state(model: Path) -> dict[str, Any]:
    try:
        state = torch.load(io.BytesIO(_read(model, MODEL)), map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError, UnpicklingError) as error:
        raise AudiolabError(f"{model}/{MODEL}: broken, or it carries code, which is not run") from error
    if not isinstance(state, dict):
        raise AudiolabError(f"{model}/{MODEL}: no model of audiolab")
    return state


def _read(model: Path, name: str) -> bytes:
    """Return a file of a model's folder or zip."""
    missing = f"{model}: has no {name}; "
    hint = "give a training run's folder (exp/…/<pair>_s<seed>) whose training has saved at least once, or its zip"
    try:
        if model.is_dir():
            return (model / name).read_bytes()
        with zipfile.ZipFile(model) as archive:
            return archive.read(next(n for n in archive.namelist() if n.split("/")[-1] == name))
    except (FileNotFoundError, StopIteration) as error:
        if not model.exists():
            raise AudiolabError(f"{model}: no such model; {hint}") from error
        raise AudiolabError(missing + hint) from error
    except (zipfile.BadZipFile, OSError) as error:
        raise AudiolabError(f"{model}: neither a folder nor a zip of a model ({error})") from error
