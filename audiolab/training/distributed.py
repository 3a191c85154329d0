"""The one place that knows about processes: who they are, what they agree on, and how gradients are averaged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from audiolab.errors import AudiolabError

_LOST = ("closed by peer", "reset by peer", "refused", "imed out", "timeout", "Broken pipe", "connectFullMesh")
"""What Gloo says of a process that has gone."""

TIMEOUT = timedelta(minutes=30)
"""How long a process waits for the others, in a checkpoint of a slow disk or a long validation, say."""


@dataclass(frozen=True)
class Processes:
    """The processes of a run, as one of them sees them.

    Attributes:
        rank: Which one this is; 0 writes files.
        world: How many there are.
        device: Where this one computes.
    """

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def on_this_machine(self) -> int:
        """How many of them are on this machine."""
        return int(os.environ.get("LOCAL_WORLD_SIZE", self.world))

    @property
    def main(self) -> bool:
        """Whether this process writes files and logs."""
        return self.rank == 0

    def any_of(self, *flags: Tensor | bool) -> list[bool]:
        """Return, for each flag, whether it is set in any process."""
        parts = [torch.as_tensor(flag, dtype=torch.float32, device=self.device) for flag in flags]
        joined = torch.stack(parts)
        if self.world > 1:
            dist.all_reduce(joined, op=dist.ReduceOp.MAX)
        return [value > 0 for value in joined.tolist()]

    def agree(self, value: str) -> bool:
        """Return whether ``value`` is the same in all processes; it does not wait for the device."""
        if self.world == 1:
            return True
        number = int.from_bytes(hashlib.sha256(value.encode()).digest()[:7], "big")
        extremes = torch.tensor([number, -number])
        dist.all_reduce(extremes, op=dist.ReduceOp.MAX)
        return bool(extremes.sum() == 0)

    def gather(self, value: Any) -> list[Any]:
        """Return the plain values (numbers, strings, lists, CPU tensors) of all processes, in the order of ranks."""
        if self.world == 1:
            return [value]
        values: list[Any] = [None] * self.world
        dist.all_gather_object(values, value)
        return values

    def broadcast(self, tensors: Sequence[Tensor]) -> None:
        """Give the main process's values to all, in place."""
        if self.world > 1:
            for tensor in tensors:
                dist.broadcast(tensor.detach(), src=0)

    def barrier(self) -> None:
        """Wait until all processes have come here."""
        if self.world > 1:
            dist.barrier()


def join(use_gpu: bool) -> Processes:
    """Return this process's place among those that torchrun started, or a run of a single one.

    Raises:
        AudiolabError: A GPU was asked for and is not there.
    """
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    device = torch.device("cpu")
    if use_gpu:
        local = int(os.environ.get("LOCAL_RANK", 0))
        found = torch.cuda.device_count()
        if local >= found:
            raise AudiolabError(
                f"process {local} of this machine asks for a GPU of its own, but PyTorch sees {found}; lower --ngpu"
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    if world > 1:
        dist.init_process_group("cpu:gloo,cuda:nccl" if use_gpu else "gloo", timeout=TIMEOUT)
    return Processes(rank, world, device)


class OthersLostError(AudiolabError):
    """The other processes have ended, or do not answer; why, they say themselves."""


def lost(error: BaseException) -> bool:
    """Return whether an error says that another process has ended or does not answer."""
    if isinstance(error, dist.DistError):
        return True
    said = str(error)
    from_gloo = "gloo" in said or "Connection" in said
    return isinstance(error, RuntimeError) and from_gloo and any(word in said for word in _LOST)


@contextmanager
def with_others() -> Iterator[None]:
    """Tell in one line, in place of a traceback, that another process of the training has ended or does not answer.

    Raises:
        OthersLostError: That is so.
    """
    try:
        yield
    except RuntimeError as error:
        if not lost(error):
            raise
        reason = str(error).strip().splitlines()[0][:200]
        raise OthersLostError(
            f"process {os.environ.get('RANK', 0)}: another process of this training has ended, or did not answer: see "
            f"what it says ({reason})"
        ) from error


def leave() -> None:
    """Undo `join`."""
    if dist.is_initialized():
        dist.destroy_process_group()


class GradientAverage:
    """Averages the gradients of a system's updates over processes while they are computed.

    The networks of an update have a DistributedDataParallel together, whose hooks average a gradient as soon as it is
    complete, in buckets, beside the backward pass, in the same order in all processes, whatever their graphs look like.
    Its ``forward``, which is meant for one forward pass before each backward pass, is left aside: here a network is
    called several times before one backward pass (a cycle), in the graph of an update that does not step it (a
    discriminator that scores for the generator), or one update before its own backward pass. So the hooks are made
    ready by `expect`, right before the backward pass that they belong to, and the networks stay themselves, with all
    their methods and names.

    Args:
        networks: Of each update, by its name.
        processes: Those that share a step.
    """

    def __init__(self, networks: Mapping[str, Sequence[nn.Module]], processes: Processes) -> None:
        self._parallel: dict[str, DistributedDataParallel] = {}
        self._world = processes.world
        if processes.world > 1:
            self._parallel = {name: DistributedDataParallel(nn.ModuleList(each)) for name, each in networks.items()}

    def expect(self, update: str) -> None:
        """Average the gradients of an update in the backward pass that comes next; what was there is added in.

        All parameters of its networks that require a gradient must take part in it.
        """
        if update in self._parallel:
            reducer = self._parallel[update].reducer
            reducer._rebuild_buckets()  # once, after the first backward pass: in the order in which gradients come
            reducer.prepare_for_backward([])

    def join(self, gradients: Sequence[Tensor]) -> None:
        """Average gradients over processes, in place, after a backward pass that `expect` did not announce."""
        if self._world == 1:
            return
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        dist.all_reduce(flat)
        flat /= self._world
        for gradient, averaged in zip(gradients, flat.split([gradient.numel() for gradient in gradients])):
            gradient.copy_(averaged.view_as(gradient))
