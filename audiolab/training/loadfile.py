"""Reading ``.pt`` files that may come from anywhere: no code in them runs, and a broken one is told in one line."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from audiolab.errors import AudiolabError


def load_file(path: str | Path, keys: Sequence[str], advice: str = "") -> dict[str, Any]:
    """Return the mapping in a ``.pt`` file, its tensors on the CPU.

    Args:
        path: The file.
        keys: Those that it must have.
        advice: What to do about a broken one; ends the message.

    Raises:
        AudiolabError: The file cannot be read, is truncated or changed, holds code, or is something else.
    """
    then = f"; {advice}" if advice else ""
    try:
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()  # torch.load does not look at the checksums
        if broken is not None:
            raise AudiolabError(f"{path}: broken: the checksum of {broken} is wrong{then}")
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise AudiolabError(
            f"{path}: holds more than tensors and plain values, perhaps code, and is refused{then}"
        ) from error
    except OSError as error:
        raise AudiolabError(f"{path}: cannot read it: {error.strerror or error}{then}") from error
    except (zipfile.BadZipFile, EOFError, RuntimeError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise AudiolabError(f"{path}: broken or no file of PyTorch's ({type(error).__name__}){then}") from error
    for key in keys:
        if not isinstance(content, dict) or key not in content:
            raise AudiolabError(f"{path}: not written by audiolab's trainer: it has no '{key}'{then}")
    return content
