"""Batch normalisation over processes, against PyTorch's over the whole batch."""

import pytest
import torch
from torch import multiprocessing, nn

from audiolab.nn.batch_norm import BatchNorm2d


def example():
    generator = torch.Generator().manual_seed(0)
    x = 3 + 2 * torch.randn(4, 3, 5, 6, generator=generator)
    weights = torch.randn(4, 3, 5, 6, generator=generator)
    return x, weights


def learned(layer, x, weights):
    """Return output, gradients of input, scale and offset, and the running statistics."""
    x = x.clone().requires_grad_()
    out = layer(x)
    (out * weights).sum().backward()
    tensors = out, x.grad, layer.weight.grad, layer.bias.grad, layer.running_mean, layer.running_var
    return [tensor.detach().clone() for tensor in tensors]


def in_process(rank, folder, first):
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    x, weights = (tensor[first:] if rank else tensor[:first] for tensor in example())
    torch.save(learned(BatchNorm2d(3), x, weights), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.mark.parametrize("items", [2, 3, 4])
def test_two_processes_normalise_as_one(tmp_path, items):
    """Of four items, the first process has so many and the second the others, or none."""
    multiprocessing.spawn(in_process, (str(tmp_path), items), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    whole = learned(nn.BatchNorm2d(3), *example())
    joined = [
        torch.cat([first[0], second[0]]), torch.cat([first[1], second[1]]), first[2] + second[2], first[3] + second[3],
        first[4], second[5],
    ]  # fmt: skip
    for found, expected in zip(joined, whole, strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_one_process_is_pytorchs():
    for found, expected in zip(
        learned(BatchNorm2d(3), *example()), learned(nn.BatchNorm2d(3), *example()), strict=True
    ):
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_large_maps_do_not_lose_precision(memory_format):
    """PyTorch's own variance is off by 1e-4 here where the channels are last."""
    x = 2 + 3 * torch.randn(32, 8, 128, 128, generator=torch.Generator().manual_seed(0))
    x, weights = (tensor.contiguous(memory_format=memory_format) for tensor in (x, x.flip(0)))
    found = learned(BatchNorm2d(8), x, weights)
    wanted = learned(nn.BatchNorm2d(8).double(), x.double(), weights.double())
    for name in (0, 1, 4, 5):  # output, gradient of the input, mean, variance
        torch.testing.assert_close(found[name].double(), wanted[name], atol=3e-6, rtol=1e-5)


def test_gradients_are_those_of_differences():
    layer = BatchNorm2d(3).double()
    x = example()[0][:2, :, :2, :2].double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x, *_: layer(x), (x, layer.weight, layer.bias))
