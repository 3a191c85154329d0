"""SoftGAN's losses: soft labels (eqs. 6 and 7), cycle (eq. 3), identity (eq. 4) and energy (§3.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from audiolab.systems.softgan.config import SoftGANConfig


@dataclass(frozen=True)
class Adversarial:
    """Adversarial losses on linear scores, (batch,), with hard or soft labels.

    With detached labels and least squares, a soft label scales the ordinary LSGAN gradient of a converted sample by
    ρ_gen for the discriminator and by ρ_dis for the generator.
    """

    probability: Callable[[Tensor], Tensor]
    distance: Callable[[Tensor, Tensor], Tensor]
    detach: bool

    def hard(self, score: Tensor, label: float) -> Tensor:
        """Return the loss of ``score`` against 1 (real) or 0 (false anchor)."""
        return self.distance(score, torch.full_like(score, label))

    def soft_fake(self, score: Tensor, rho_gen: float) -> Tensor:
        """Return D's loss on a converted sample: the label is ``(1 − ρ_gen) D(G(x))`` (eq. 6)."""
        return self.distance(score, (1 - rho_gen) * self._own(score))

    def soft_real(self, score: Tensor, rho_dis: float) -> Tensor:
        """Return G's loss: the label is ``D(G(x)) + ρ_dis (1 − D(G(x)))`` (eq. 7)."""
        own = self._own(score)
        return self.distance(score, own + rho_dis * (1 - own))

    def _own(self, score: Tensor) -> Tensor:
        own = self.probability(score)
        return own.detach() if self.detach else own


def adversarial(config: SoftGANConfig) -> Adversarial:
    """Return the losses that ``config.adversarial`` names."""
    if config.adversarial == "least_squares":
        return Adversarial(_itself, functional.mse_loss, config.detach_labels)
    return Adversarial(torch.sigmoid, functional.binary_cross_entropy_with_logits, config.detach_labels)


def energy_loss(converted: Tensor, original: Tensor, mean_over: str) -> Tensor:
    """Return the L1 distance of mean levels (§3.3).

    Args:
        converted: Generator's output, (batch, 1, bands, frames).
        original: Its input, of the same shape.
        mean_over: ``"frequency"``: one mean a frame, which keeps the energy contour; ``"time"``: one a band.
    """
    axis = {"frequency": 2, "time": 3}[mean_over]
    return functional.l1_loss(converted.mean(axis), original.mean(axis))


def _itself(score: Tensor) -> Tensor:
    return score
