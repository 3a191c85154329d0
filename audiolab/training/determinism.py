"""PyTorch's process-wide switches for the same bits again, and whether they are the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def reproducible(deterministic: bool, threads: int | None) -> Iterator[None]:
    """Inside the block use deterministic operations only, where ``deterministic``, and ``threads`` CPU threads.

    Convolutions in fp32 are in fp32, not in TF32 with its 10 bits of mantissa, which is cuDNN's default on newer GPUs.
    cuBLAS reads CUBLAS_WORKSPACE_CONFIG once, before its first use in a process, so it stays set.
    """
    before = torch.are_deterministic_algorithms_enabled()
    fill = torch.utils.deterministic.fill_uninitialized_memory
    benchmark, count = torch.backends.cudnn.benchmark, torch.get_num_threads()
    tf32 = torch.backends.cudnn.allow_tf32
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.utils.deterministic.fill_uninitialized_memory = False  # a check for bugs, which costs time
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = not deterministic
    torch.backends.cudnn.allow_tf32 = False
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
        torch.utils.deterministic.fill_uninitialized_memory = fill
        torch.backends.cudnn.benchmark = benchmark
        torch.backends.cudnn.allow_tf32 = tf32
        torch.set_num_threads(count)


def same(a: Any, b: Any) -> bool:
    """Return whether two contents of ``.pt`` files, mappings and sequences of tensors and values, are the same."""
    if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
        both = isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor)
        return both and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b
