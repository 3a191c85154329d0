"""Trained models outside of recipes: one call loads any system's folder or zip."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from audiolab import systems
from audiolab.config import from_dict, section
from audiolab.errors import AudiolabError
from audiolab.textfile import decode
from audiolab.training.export import MODEL, load_model
from audiolab.training.modelfiles import LARGEST, read_files
from audiolab.yamltext import LARGEST as LARGEST_CONFIG
from audiolab.yamltext import parse_yaml

CONFIG = "config.yaml"
ADVICE = "train again, or take another copy"

_SPARE = 1 << 24
"""Elements of all tensors that a predictor makes beside its weights."""

_UNFIT = (KeyError, TypeError, AttributeError, RuntimeError, ValueError, IndexError, ArithmeticError, MemoryError)
"""What building networks and giving them weights raises where these are others'."""


def load(model: str | Path, device: torch.device | str = "cpu", does: str = "") -> Any:
    """Return what the system offers for inference, with trained weights.

    A SoftGAN model gives a `audiolab.systems.softgan.converter.SoftGANConverter`, one of AutoVC or CycleAutoVC a
    `audiolab.systems.autovc.predictor.Converter`, one for speech enhancement a
    `audiolab.systems.srst.predictor.Predictor`, one for separation a `audiolab.systems.poconet.predictor.Predictor`, a
    speaker encoder a `audiolab.systems.ge2e.embedder.Embedder`, a HiFi-GAN a
    `audiolab.systems.hifigan.vocoder.HiFiGANVocoder`, a recogniser a `audiolab.systems.ctc.predictor.Predictor`, an
    acoustic model of text a `audiolab.systems.mlms.predictor.Predictor`, a duration model a
    `audiolab.systems.duration.predictor.Predictor`.

    For example, a file's samples in the voice of somebody who was never seen in training::

        encoder, converter = audiolab.load("exp/ge2e_s0"), audiolab.load("exp/autovc_s0")
        converter.convert(wave, rate, encoder.embed(wave, rate), encoder.embed(other, rate))

    Args:
        model: A training run's folder, or a zip that ``audiolab.bin.pack`` made of one.
        device: Where it runs.
        does: A method, such as ``enhance``, without which the model is of no use here.

    Raises:
        AudiolabError: No trained model is there, it is broken, it is of another version, or it carries code; the device
            cannot be used; it does not do what ``does`` says.
    """
    model = Path(model)
    files = read_files(model, {CONFIG: LARGEST_CONFIG, MODEL: LARGEST})
    tree = _config(f"{model}/{CONFIG}", files[CONFIG])
    content = load_model(f"{model}/{MODEL}", ADVICE, tree["system"], files[MODEL])
    cls = systems.get(tree["system"])
    config = from_dict(cls.Config, tree["system_conf"], source=f"{model}/{CONFIG}")
    device = _usable(device)
    try:
        with _Bounded(_SPARE + len(files[MODEL])):
            predictor = cls.predictor(config, content["state"], device)
    except AudiolabError as error:
        raise AudiolabError(f"{model}/{MODEL}: {error}") from error
    except _UNFIT as error:
        reason = " ".join(str(error).split())[:200]
        raise AudiolabError(
            f"{model}: {MODEL} does not fit {CONFIG}; take both from one training ({type(error).__name__}: {reason})"
        ) from error
    if does and not hasattr(predictor, does):
        raise AudiolabError(f"{model}: a model of system {tree['system']}, which does not {does}; give another one")
    return predictor


def _config(path: str, data: bytes) -> dict[str, Any]:
    tree, _ = section(parse_yaml(decode(data, path), path), path)
    if not isinstance(tree.get("system"), str):
        raise AudiolabError(f"{path}: names no system; is this a training run's folder?")
    if not isinstance(tree.get("system_conf"), dict):
        raise AudiolabError(f"{path}: has no section system_conf; is this a training run's folder?")
    return tree


class _Bounded(TorchDispatchMode):
    """While it is on, tensors are made that have no more elements together than networks of a file's size have."""

    def __init__(self, elements: int) -> None:
        super().__init__()
        self._left = elements

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # keeping PyTorch's compiler away loads it: a second, and nothing is compiled here

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        sizes = args[0] if args and isinstance(args[0], list | tuple) else args[:1]
        if sizes and all(isinstance(size, int) for size in sizes):
            self._left -= math.prod(sizes)
            if self._left < 0:
                raise ValueError("the networks that it describes are larger")
        return func(*args, **(kwargs or {}))


def _usable(device: torch.device | str) -> torch.device:
    try:
        return torch.zeros(1, device=device).device
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise AudiolabError(f"device '{device}' cannot be used here; take cpu ({reason})") from error
