"""Reading ``.pt`` files that may come from anywhere: no code in them runs, none asks for more memory than it fills,
and a broken one is told in one line.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from audiolab.errors import AudiolabError, shown

LARGEST_PICKLE = 1 << 24
"""Bytes of the part that names the tensors; one opcode can make an object of some hundred bytes."""

_REBUILT = ("torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter", "collections OrderedDict")
_GLOBALS = {
    *_REBUILT,
    *(
        f"torch {kind}Storage"
        for kind in ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
    ),
}
"""What a state dict is made of; other things that PyTorch would build may ask for any amount of memory."""

_SHARED = 4
"""Tensors that may share a storage, on the average."""

_BROKEN = (
    zipfile.BadZipFile, EOFError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
    MemoryError, AssertionError,
)  # fmt: skip
"""What zipfile and PyTorch raise for damaged files, beside OSError."""


def load_file(path: str | Path, keys: Sequence[str], advice: str = "", content: bytes | None = None) -> dict[str, Any]:
    """Return the mapping in a ``.pt`` file, its tensors on the CPU.

    Args:
        path: The file.
        keys: Those that it must have.
        advice: What to do about a broken one; ends the message.
        content: The file's contents where they were read already.

    Raises:
        AudiolabError: The file cannot be read, is truncated or changed, holds code, or is something else.
    """
    then = f"; {advice}" if advice else ""
    try:
        with open(path, "rb") if content is None else io.BytesIO(content) as file:
            loaded = _load(path, file, then)
    except pickle.UnpicklingError as error:
        raise AudiolabError(
            f"{path}: holds more than tensors and plain values, perhaps code, and is refused{then}"
        ) from error
    except OSError as error:
        raise AudiolabError(f"{path}: cannot read it: {error.strerror or error}{then}") from error
    except _BROKEN as error:
        raise AudiolabError(f"{path}: broken or no file of PyTorch's ({type(error).__name__}){then}") from error
    for key in keys:
        if not isinstance(loaded, dict) or key not in loaded:
            raise AudiolabError(f"{path}: not written by audiolab's trainer: it has no '{key}'{then}")
    return loaded


def tensors_of(content: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield (dotted name, tensor) of nested mappings and lists; what stands in several places comes once."""
    waiting, seen = [(name, content)], set()
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, Tensor):
            yield name, value
        elif isinstance(value, dict | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            items = value.items() if isinstance(value, dict) else enumerate(value)
            inner = [(f"{name}.{key}".lstrip("."), each) for key, each in items]
            waiting += reversed(inner)


def _load(path: str | Path, file: IO[bytes], then: str) -> Any:
    size = file.seek(0, io.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        packed = [member.filename for member in members if member.compress_type != zipfile.ZIP_STORED]
        if packed or sum(member.file_size for member in members) > size:
            raise AudiolabError(f"{path}: broken: PyTorch's files are not compressed, this one is{then}")
        broken = archive.testzip()  # torch.load does not look at the checksums
        if broken is not None:
            raise AudiolabError(f"{path}: broken: the checksum of {shown(broken)} is wrong{then}")
        _check_pickles(archive)
    file.seek(0)
    _check_sizes(path, torch.load(file, map_location="meta", weights_only=True), size, then)
    file.seek(0)
    return torch.load(file, map_location="cpu", weights_only=True)


def _check_pickles(archive: zipfile.ZipFile) -> None:
    """Raise UnpicklingError where something else is built than a state dict is made of."""
    for member in archive.infolist():
        if not member.filename.endswith(".pkl"):
            continue
        if member.file_size > LARGEST_PICKLE:
            raise ValueError(f"{member.filename} has {member.file_size} bytes")
        for opcode, argument, _ in pickletools.genops(archive.read(member)):
            if opcode.name in ("STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"):
                raise pickle.UnpicklingError(opcode.name)
            if opcode.name == "GLOBAL" and argument not in _GLOBALS:
                raise pickle.UnpicklingError(argument)


def _check_sizes(path: str | Path, outline: Any, size: int, then: str) -> None:
    """Raise where tensors, whose outlines take no memory, are larger than the file."""
    total = 0
    for name, tensor in tensors_of(outline):
        needed = tensor.numel() * tensor.element_size()
        total += max(needed, tensor.untyped_storage().nbytes())
        if total > _SHARED * size:
            raise AudiolabError(f"{path}: broken: {shown(name)} is larger than the whole file{then}")
