"""Batches from datasets: in this process or in workers, and onto the device."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import select
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from audiolab.dataset import Batch, SampleKey, SystemDataset
from audiolab.errors import AudiolabError

POLL_SECONDS = 1.0
"""How long a worker outlives a training process that was killed, at most."""

BATCH_SECONDS = 1800.0
"""How long a batch is waited for, at most."""

LOOK_SECONDS = 2.0
"""How often, while a batch is waited for, it is looked whether a worker has died."""

SHARED_MEMORY = Path("/dev/shm")
"""Where processes that load data put batches (Linux)."""

_AHEAD = 2  # batches that each of them loads ahead


def loaded(loader: DataLoader) -> Iterator[Batch]:
    """Yield a loader's batches.

    Raises:
        AudiolabError: The processes that load data have ended or do not answer.
    """
    batches = iter(loader)
    while True:
        try:
            batch = _next(batches, loader.num_workers > 0)
        except StopIteration:
            return
        except RuntimeError as error:
            said = str(error).splitlines()[0]
            if not said.startswith("DataLoader "):  # of the dataset, with its own traceback
                raise
            raise AudiolabError(
                f"loading data: {said[:200]}; is memory, or room in {SHARED_MEMORY}, used up? lower "
                "trainer.num_workers, or set it to 0"
            ) from error
        yield batch


def batches_of_steps(loader: DataLoader, count: int, device: torch.device) -> Iterator[list[Batch]]:
    """Yield the ``count`` micro-batches of each step, on the device; raise what `loaded` does."""
    batches = loaded(loader)
    while micro_batches := [to_device(batch, device) for batch in itertools.islice(batches, count)]:
        yield micro_batches


def _next(batches: Iterator[Batch], in_workers: bool) -> Batch:
    """Return the next batch; a loader sees that a worker has died only when its own, short, timeout is over.

    A worker that dies after it has made a batch takes it along: PyTorch fetches it from the worker's socket.
    """
    until = time.monotonic() + BATCH_SECONDS
    while True:
        try:
            return next(batches)
        except RuntimeError as error:
            if not str(error).startswith("DataLoader timed out"):
                raise
            if time.monotonic() >= until:
                raise RuntimeError(f"DataLoader timed out after {BATCH_SECONDS:g} seconds") from error
        except (ConnectionError, EOFError) as error:
            if not in_workers or str(error).startswith("Caught "):  # of the dataset, with its own traceback
                raise
            raise RuntimeError("DataLoader worker died before its batch was fetched") from error


def check_shared_memory(batches: list[Batch], workers: int, processes: int) -> None:
    """See whether what the processes that load data hand over fits into shared memory.

    Args:
        batches: One of each loader, of the largest items.
        workers: Processes of each loader.
        processes: Training processes on this machine.

    Raises:
        AudiolabError: It does not fit.
    """
    if not workers or not SHARED_MEMORY.is_dir():
        return
    needed = processes * (workers * _AHEAD + 1) * sum(map(_shared_size, batches))  # and the batch that is worked on
    free = shutil.disk_usage(SHARED_MEMORY).free
    if free < needed:
        raise AudiolabError(
            f"{SHARED_MEMORY} has {free / 2**20:.0f} MiB free, but batches on their way from trainer.num_workers "
            f"{workers} may take {needed / 2**20:.0f} MiB: enlarge it (docker run --shm-size), or lower "
            "trainer.num_workers, or set it to 0"
        )


def _shared_size(value: Any) -> int:
    """Return the bytes of shared memory that the tensors of a batch take; each has pages of its own."""
    if isinstance(value, Tensor):
        return -(-value.numel() * value.element_size() // 4096) * 4096
    if isinstance(value, dict):
        value = list(value.values())
    return sum(map(_shared_size, value)) if isinstance(value, (list, tuple)) else 0


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
        _Batches(dataset, workers > 0),
        batch_size=None,
        sampler=batches,
        collate_fn=_as_it_is,
        num_workers=workers,
        worker_init_fn=partial(_obey_parent_alone, parent=os.getpid()) if sys.platform == "linux" else None,
        multiprocessing_context=context,
        persistent_workers=workers > 0,
        prefetch_factor=_AHEAD if workers else None,
        timeout=LOOK_SECONDS if workers else 0,
        pin_memory=device.type == "cuda",
        generator=torch.Generator(),  # the loader draws a seed, which no sample uses; not from the global generator
    )


class SampleError(AudiolabError):
    """A sample that a worker cannot make.

    PyTorch raises a worker's error anew, with the whole traceback in place of its message; the error is its last line.
    """

    def __init__(self, message: object) -> None:
        super().__init__(str(message).rstrip().rpartition(f"{type(self).__name__}: ")[2])


class _Batches(Dataset):
    """The batches of a dataset, by their keys; errors reach the user from workers as they would without."""

    def __init__(self, dataset: SystemDataset, in_workers: bool) -> None:
        self._dataset, self._in_workers = dataset, in_workers

    def __getitem__(self, keys: list[SampleKey]) -> Batch:
        try:
            return self._dataset.batch(keys)
        except AudiolabError as error:
            if not self._in_workers:
                raise
            raise SampleError(error) from error


def _as_it_is(batch: Batch) -> Batch:
    return batch


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
    """Let a worker end with the training process, or when that says so, and else go on.

    A scheduler signals all processes of a job: the training process answers by finishing its step, for which it may
    need the worker. And when it is killed, nobody tells its workers: their own parent is the server that forked them.
    """
    numbers = {signal.SIGTERM, signal.SIGUSR1}
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        descriptor = os.pidfd_open(parent)
    except ProcessLookupError:  # already gone
        os._exit(0)
    threading.Thread(target=_await_end, args=(numbers, parent, descriptor), daemon=True).start()


def _await_end(numbers: set[int], parent: int, descriptor: int) -> None:
    ended = False
    while not ended:
        told = signal.sigtimedwait(numbers, POLL_SECONDS)
        ended = (told is not None and told.si_pid == parent) or bool(select.select([descriptor], [], [], 0)[0])
    os._exit(0)
