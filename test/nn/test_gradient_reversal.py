"""The reversal layer against the closed form of its gradient."""

import torch

from audiolab.nn.gradient_reversal import reverse_gradient


def test_forward_is_the_identity():
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(reverse_gradient(x, 0.3), x)


def test_gradient_is_that_of_the_negative_and_scaled_loss():
    """For y = Σ w σ(a x) it is w a σ'(a x), times −factor before the layer; what follows the layer learns as ever."""
    generator = torch.Generator().manual_seed(0)
    x, w = (torch.randn(5, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(2))
    (w * reverse_gradient(x, 0.25).mul(2).sigmoid()).sum().backward()
    sigma = (2 * x.detach()).sigmoid()
    torch.testing.assert_close(x.grad, -0.25 * w.detach() * 2 * sigma * (1 - sigma), rtol=1e-12, atol=0)
    torch.testing.assert_close(w.grad, sigma, rtol=1e-12, atol=0)


def test_encoder_climbs_what_the_classifier_descends():
    """One step each way on a quadratic: the parameter behind the layer lowers the loss, the one before it raises it."""
    before, behind = (torch.tensor(1.0, requires_grad=True) for _ in range(2))

    def loss(a, b):
        return (a * b - 3) ** 2

    loss(reverse_gradient(before), behind).backward()
    start = float(loss(before, behind).detach())
    with torch.no_grad():
        down, up = loss(before, behind - 0.01 * behind.grad), loss(before - 0.01 * before.grad, behind)
    assert float(down) < start < float(up)
