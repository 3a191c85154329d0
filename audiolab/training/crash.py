"""What is left behind when a step fails: the batch that it failed on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from audiolab.dataset import Batch
from audiolab.errors import AudiolabError
from audiolab.training.distributed import lost
from audiolab.training.export import write_file

logger = logging.getLogger(__name__)


@contextmanager
def guard(path: Path, step: int, batches: list[Batch]) -> Iterator[None]:
    """Save ``batches`` to ``path`` when the block raises.

    Raises:
        AudiolabError: Memory ran out (with the utterances and sizes), or an operation has no deterministic variant.
    """
    try:
        yield
    except Exception as error:
        if lost(error):  # it is not the batch's fault
            raise
        _save(path, step, error, batches)
        if _out_of_memory(error):
            raise AudiolabError(
                f"out of memory at step {step} with {_describe(batches)}; lower trainer.batch_size, raise "
                "trainer.accumulate, or take shorter crops"
            ) from error
        if isinstance(error, RuntimeError) and "deterministic implementation" in str(error):
            first = str(error).split(".")[0]
            raise AudiolabError(f"step {step}: {first}; set trainer.deterministic to false to allow it") from error
        raise


def _save(path: Path, step: int, error: Exception, batches: list[Batch]) -> None:
    """Save what can be saved: a full disk or a broken GPU must not hide ``error``."""
    try:
        write_file(path, {"step": step, "error": f"{type(error).__name__}: {error}", "batches": _plain(batches)})
    except (AudiolabError, RuntimeError, MemoryError) as second:
        logger.warning("the batch of step %d could not be saved: %s", step, second)
    else:
        logger.info("the batch of this step is saved as %s", path)


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in str(error)


def _describe(batches: list[Batch]) -> str:
    utts = " ".join(utt for batch in batches for utt in batch["utts"])
    shapes = ", ".join(f"{k} {tuple(v.shape)}" for k, v in batches[0].items() if isinstance(v, Tensor))
    return f"utterances {utts} ({shapes})"


def _plain(value: Any) -> Any:
    """Return ``value`` as what loads without code: CPU tensors, numbers, strings, lists and dicts."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
        return torch.from_numpy(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (int, float, str, bool, type(None))) else repr(value)
