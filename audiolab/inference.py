"""Trained models outside of recipes: one call loads any system's folder or zip."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import torch
import yaml

from audiolab import systems
from audiolab.config import from_dict
from audiolab.errors import AudiolabError
from audiolab.training.export import MODEL, load_model

CONFIG = "config.yaml"
ADVICE = "train again, or take another copy"


def load(model: str | Path, device: torch.device | str = "cpu", does: str = "") -> Any:
    """Return what the system offers for inference, with trained weights.

    A SoftGAN model gives a `audiolab.systems.softgan.converter.SoftGANConverter`, one for speech enhancement a
    `audiolab.systems.srst.predictor.Predictor`.

    Args:
        model: A training run's folder, or a zip that ``audiolab.bin.pack`` made of one.
        device: Where it runs.
        does: A method, such as ``enhance``, without which the model is of no use here.

    Raises:
        AudiolabError: No trained model is there, it is broken, it is of another version, or it carries code; the device
            cannot be used; it does not do what ``does`` says.
    """
    model = Path(model)
    tree = _config(model)
    state = _state(model, tree["system"])
    cls = systems.get(tree["system"])
    config = from_dict(cls.Config, tree["system_conf"], source=f"{model}/{CONFIG}")
    device = _usable(device)
    try:
        predictor = cls.predictor(config, state["state"], device)
    except AudiolabError as error:
        raise AudiolabError(f"{model}/{MODEL}: {error}") from error
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:  # what load_state_dict raises
        reason = " ".join(str(error).split())[:200]
        raise AudiolabError(
            f"{model}: {MODEL} does not fit {CONFIG}; take both from one training ({type(error).__name__}: {reason})"
        ) from error
    if does and not hasattr(predictor, does):
        raise AudiolabError(f"{model}: a model of system {tree['system']}, which does not {does}; give another one")
    return predictor


def _config(model: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(_read(model, CONFIG))
    except yaml.YAMLError as error:
        raise AudiolabError(f"{model}/{CONFIG}: not valid YAML") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("system"), str):
        raise AudiolabError(f"{model}/{CONFIG}: names no system; is this a training run's folder?")
    if not isinstance(tree.get("system_conf"), dict):
        raise AudiolabError(f"{model}/{CONFIG}: has no section system_conf; is this a training run's folder?")
    return tree


def _state(model: Path, system: str) -> dict[str, Any]:
    if (model / MODEL).is_file():
        return load_model(model / MODEL, ADVICE, system)
    content = _read(model, MODEL)
    with tempfile.TemporaryDirectory() as folder:
        unpacked = Path(folder) / MODEL
        unpacked.write_bytes(content)
        try:
            return load_model(unpacked, ADVICE, system)
        except AudiolabError as error:
            raise AudiolabError(str(error).replace(folder, str(model))) from error


def _read(model: Path, name: str) -> bytes:
    """Return a file of a model's folder or zip."""
    hint = "give a training run's folder (exp/…_s<seed>) whose training has saved at least once, or its zip"
    try:
        if model.is_dir():
            return (model / name).read_bytes()
        with zipfile.ZipFile(model) as archive:
            return archive.read(next(n for n in archive.namelist() if n.split("/")[-1] == name))
    except (FileNotFoundError, StopIteration) as error:
        if not model.exists():
            raise AudiolabError(f"{model}: no such model; {hint}") from error
        raise AudiolabError(f"{model}: has no {name}; {hint}") from error
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError) as error:
        raise AudiolabError(f"{model}: neither a folder nor a sound zip of a model ({error}); {hint}") from error


def _usable(device: torch.device | str) -> torch.device:
    try:
        return torch.zeros(1, device=device).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise AudiolabError(f"device '{device}' cannot be used here; take cpu ({reason})") from error
