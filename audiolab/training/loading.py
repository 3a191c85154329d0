"""Batches from datasets: in this process or in workers, and onto the device."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from audiolab.training.system import SampleKey, SystemDataset


def make_loader(
    dataset: SystemDataset, batches: Sampler | list[list[SampleKey]], workers: int, device: torch.device
) -> DataLoader:
    """Return a loader of the batches that ``batches`` asks for; its workers live on from one pass to the next.

    Workers are forked from a clean server process, to which the dataset is pickled: a fork of the training process
    itself, which has threads (of Gloo, autograd, CUDA), now and then inherits a lock that nobody will release.
    """
    context = None
    if workers and "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
    return DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=dataset.collate,
        num_workers=workers,
        worker_init_fn=partial(_obey_parent_alone, parent=os.getpid()),
        multiprocessing_context=context,
        persistent_workers=workers > 0,
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


def _obey_parent_alone(worker: int, parent: int) -> None:
    """Let a worker end when the training process says so, not when a scheduler signals all processes of a job.

    The training process answers to such a signal by finishing its step, for which it may need the worker.
    """
    numbers = {signal.SIGTERM, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    threading.Thread(target=_await_parent, args=(numbers, parent), daemon=True).start()


def _await_parent(numbers: set[int], parent: int) -> None:
    while signal.sigwaitinfo(numbers).si_pid != parent:
        pass
    os._exit(0)
