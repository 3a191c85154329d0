"""The recurrence without a loop, against the loop."""

import pytest
import torch

from audiolab.nn.linear_recurrence import linear_recurrence, spectral_radius


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 8, 9, 100])
def test_it_is_the_loop(frames):
    generator = torch.Generator().manual_seed(frames)
    inputs, matrices, start = (
        torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((2, frames, 3), (2, 3, 3), (2, 3))
    )
    tensors = [each.requires_grad_() for each in (inputs, matrices / 4, start)]
    expected, before = [], tensors[2]
    for t in range(frames):
        before = tensors[0][:, t] + torch.stack([matrix @ each for matrix, each in zip(tensors[1], before)])
        expected.append(before)
    expected = torch.stack(expected, 1)
    found = linear_recurrence(*tensors)
    torch.testing.assert_close(found, expected, atol=1e-12, rtol=1e-12)
    weight = torch.randn(found.shape, generator=generator, dtype=torch.float64)
    grads = [torch.autograd.grad((each * weight).sum(), tensors) for each in (found, expected)]
    for one, other in zip(*grads):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)


def test_the_loop_in_single_precision():
    """A thousand frames and 49 values, fed back so strongly that they hardly die away."""
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(49, 49, generator=generator)
    matrix *= 0.99 / spectral_radius(matrix)
    inputs, start = torch.randn(1, 1000, 49, generator=generator), torch.zeros(1, 49)
    wanted, before = [], start[0].double()
    for t in range(1000):
        before = inputs[0, t].double() + matrix.double() @ before
        wanted.append(before)
    wanted = torch.stack(wanted)
    found = linear_recurrence(inputs, matrix[None], start)[0]
    assert float((found - wanted).abs().max()) < 1e-5 * float(wanted.abs().max())


def test_the_radius_is_the_largest_eigenvalues():
    turn = torch.tensor([[0.0, -0.7], [0.7, 0.0]], requires_grad=True)  # a rotation: eigenvalues ±0.7 i
    assert spectral_radius(turn) == pytest.approx(0.7)
    assert spectral_radius(torch.diag(torch.tensor([0.2, -0.9]))) == pytest.approx(0.9)
