"""``model.pt``: what inference needs of a trained system."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from audiolab.errors import AudiolabError, shown
from audiolab.files import atomic_write
from audiolab.training.loadfile import load_file, tensors_of

MODEL = "model.pt"
"""Its name in a run's folder."""

FORMAT = 1
_TYPES = {
    torch.float16, torch.bfloat16, torch.float32, torch.float64,
    torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool,
}  # fmt: skip
KEYS = ("format", "system", "step", "state")

Network = TypeVar("Network", bound=nn.Module)


def check_exports(system: nn.Module, exports: Sequence[str]) -> None:
    """See whether all ``exports`` are children, parameters or buffers.

    Raises:
        TypeError: One is not: the model would lack it, and nobody would know before inference.
    """
    known = {name for name, _ in (*system.named_children(), *system.named_parameters(), *system.named_buffers())}
    for name in exports:
        if name not in known:
            raise TypeError(f"{type(system).__name__}.exports names '{name}', no child network, parameter or buffer")


def is_exported(key: str, exports: Sequence[str]) -> bool:
    """Return whether a key of the state dict belongs to one of the exported children, parameters or buffers."""
    return any(key == name or key.startswith(f"{name}.") for name in exports)


def exported_state(checkpoint: Mapping[str, Any], exports: Sequence[str]) -> dict[str, Any]:
    """Return the exported part of a checkpoint's system, with the averages of those weights that were trained."""
    state = {key: value for key, value in checkpoint["system"].items() if is_exported(key, exports)}
    average = checkpoint["ema"] or {"weights": {}}
    return state | {name: weight for name, weight in average["weights"].items() if average["counts"][name]}


def model_state(
    content: Mapping[str, Any], steps: Sequence[int], load: Callable[[int], Mapping[str, Any]], exports: Sequence[str]
) -> dict[str, Any]:
    """Return what inference gets: the exported state of a checkpoint, or the mean of several.

    Args:
        content: The newest checkpoint.
        steps: Those of the checkpoints to be averaged, the best first; with none it is ``content`` alone.
        load: Returns the checkpoint of a step.
        exports: `System.exports`.

    Floating-point tensors are averaged in float64; all else comes from the best.
    """
    if not steps:
        return exported_state(content, exports)
    chosen = (content if step == content["step"] else load(step) for step in steps)
    states = [exported_state(each, exports) for each in chosen]
    return {key: _mean([state[key] for state in states]) for key in states[0]}


def export_model(
    expdir: Path,
    system: str,
    content: Mapping[str, Any],
    steps: Sequence[int],
    load: Callable[[int], Mapping[str, Any]],
    exports: Sequence[str],
) -> None:
    """Write ``model.pt`` into a run's folder; the arguments are those of `model_state` and `save_model`."""
    save_model(expdir / MODEL, system, content["step"], model_state(content, steps, load, exports), exports)


def save_model(path: Path, system: str, step: int, state: Mapping[str, Any], exports: Sequence[str]) -> None:
    """Write ``model.pt``: a format number, the system's name, the step, and the state of each of ``exports``.

    A network's or module's state is its state dict, a parameter's or buffer's a tensor.
    """
    nested: dict[str, Any] = {}
    for name in exports:
        prefix = f"{name}."
        inner = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        nested[name] = state.get(name, inner)
    write_file(path, {"format": FORMAT, "system": system, "step": step, "state": nested})


def load_model(path: str | Path, advice: str, system: str = "", content: bytes | None = None) -> dict[str, Any]:
    """Return what `save_model` wrote, its tensors on the CPU.

    Args:
        path: ``model.pt``.
        advice: What to do about a broken one; ends the message.
        system: The one that the ``config.yaml`` beside it names; empty: it may be of any.
        content: Of the file, where it was read already.

    Raises:
        AudiolabError: What `audiolab.training.loadfile.load_file` refuses; it is of another format or system; a value
            is NaN or infinite, or is none of a network's.
    """
    model = load_file(path, KEYS, advice, content)
    for key, kind in (("format", int), ("system", str), ("step", int), ("state", dict)):
        if type(model[key]) is not kind:
            raise AudiolabError(f"{path}: broken: its '{key}' is {shown(model[key])}; {advice}")
    if model["format"] != FORMAT:
        raise AudiolabError(f"{path}: of format {model['format']}, but this audiolab reads format {FORMAT}; {advice}")
    if system and model["system"] != system:
        raise AudiolabError(
            f"{path}: of system {model['system']}, but the config.yaml beside it is of {system}; "
            "take both from one training"
        )
    _check_values(path, model["state"], advice)
    return model


def _check_values(path: str | Path, state: Mapping[str, Any], advice: str) -> None:
    """Raise where a tensor cannot be a trained network's."""
    for name, tensor in tensors_of(state):
        if tensor.dtype not in _TYPES or tensor.layout != torch.strided:
            raise AudiolabError(f"{path}: broken: {shown(name)} is of {tensor.dtype}, {tensor.layout}; {advice}")
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            bad = int((~torch.isfinite(tensor)).sum())
            raise AudiolabError(
                f"{path}: {shown(name)} has {bad} NaN or infinite values of {tensor.numel()}; this model's training "
                f"failed; {advice}"
            )


def take_state(module: nn.Module, state: Mapping[str, Any]) -> None:
    """Give a module its state dict.

    Raises:
        RuntimeError: Names or shapes are others, as `torch.nn.Module.load_state_dict` says, or the kind of numbers is.
    """
    for name, own in module.state_dict().items():
        given = state.get(name)
        tensors = isinstance(own, Tensor) and isinstance(given, Tensor)
        if tensors and own.is_floating_point() != given.is_floating_point():
            raise RuntimeError(f"{name} is of {given.dtype} where {own.dtype} is to be")
    module.load_state_dict(state)


def loaded(network: Network, state: Mapping[str, Any], device: torch.device) -> Network:
    """Return a network with trained weights, ready for inference; raises as `take_state`."""
    take_state(network, state)
    return network.to(device).eval().requires_grad_(False)


def take_exports(system: Any, state: Mapping[str, Any]) -> None:
    """Give a `System` its exports, as `load_model` gives them under ``state``.

    Raises:
        KeyError: One is missing.
        RuntimeError: Its shape is another, or as `take_state`.
    """
    for name in system.exports:
        own, given = getattr(system, name), state[name]
        if isinstance(own, nn.Module):
            take_state(own, given)
        elif own.shape != given.shape:
            raise RuntimeError(f"{name} is {tuple(given.shape)} where {tuple(own.shape)} is to be")
        else:
            own.data.copy_(given)


def write_file(path: Path, content: Mapping[str, Any]) -> int:
    """Write a ``.pt`` file atomically; return its size in bytes."""
    buffer = io.BytesIO()
    torch.save(dict(content), buffer)
    with atomic_write(path, "wb") as file:
        file.write(buffer.getbuffer())
    return buffer.getbuffer().nbytes


def _mean(values: Sequence[Any]) -> Any:
    first = values[0]
    if not isinstance(first, Tensor) or not first.is_floating_point():
        return first
    return torch.stack([value.double() for value in values]).mean(0).to(first.dtype)
