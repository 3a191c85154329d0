"""Scale-invariant signal-to-distortion ratio (Le Roux et al., ICASSP 2019): a metric and, negative, a loss."""

from __future__ import annotations

from torch import Tensor


def si_sdr(estimate: Tensor, reference: Tensor, eps: float = 0.0) -> Tensor:
    """Return ``10 log10(‖α s‖² / ‖α s − ŝ‖²)`` with ``α = ⟨ŝ, s⟩ / ‖s‖²``, in dB; both without their means.

    Args:
        estimate: ŝ, [..., N].
        reference: s, [..., N].
        eps: Added to the energies, so that silence and perfection have a gradient; 0 is the definition, which is NaN
            for a silent reference and infinite for a perfect estimate.

    Returns:
        [...]; SRST's eq. 5, whose 20 log10 of norms is the same.
    """
    estimate = estimate - estimate.mean(-1, keepdim=True)
    reference = reference - reference.mean(-1, keepdim=True)
    alpha = (estimate * reference).sum(-1, keepdim=True) / (reference.square().sum(-1, keepdim=True) + eps)
    target = alpha * reference
    distortion = (target - estimate).square().sum(-1)
    return 10 * ((target.square().sum(-1) + eps) / (distortion + eps)).log10()
