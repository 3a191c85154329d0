"""Batches from datasets: in this process or in workers, and onto the device."""

from __future__ import annotations

import signal
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from audiolab.training.system import SampleKey, SystemDataset


def make_loader(
    dataset: SystemDataset, batches: Sampler | list[list[SampleKey]], workers: int, device: torch.device
) -> DataLoader:
    """Return a loader of the batches that ``batches`` asks for."""
    return DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=dataset.collate,
        num_workers=workers,
        worker_init_fn=_ignore_signals,
        pin_memory=device.type == "cuda",
        generator=torch.Generator(),  # the loader draws a seed, which no sample uses; not from the global generator
    )


def to_device(value: Any, device: torch.device) -> Any:
    """Return ``value`` with all tensors in it, also in dicts, lists and tuples, on ``device``."""
    if isinstance(value, Tensor):
        return value.to(device, non_blocking=True)
    if isinstance(value, dict):
        return {key: to_device(item, device) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [to_device(item, device) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return value


def _ignore_signals(worker: int) -> None:
    """Let the training process answer to a scheduler's signals; workers end with it."""
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
