"""What enhancers and domain classifiers are trained and validated by."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from audiolab.dataset import Batch
from audiolab.metrics.si_sdr import si_sdr
from audiolab.systems.srst.config import LossConfig
from audiolab.training.system import Mean

EPS = 1e-8
"""Added to energies in SI-SDR, for silent excerpts."""


def enhancement_loss(estimates: tuple[Tensor, Tensor], targets: tuple[Tensor, Tensor], config: LossConfig) -> Tensor:
    """Return ``−SI-SDR(ŝ, s) − w SI-SDR(n̂, n)`` of each item, [B] (eq. 5 on speech and noise).

    Args:
        estimates: ŝ and n̂, each [B, N].
        targets: s and n, each [B, N].
        config: w, and the limit of each SI-SDR, beyond which there is no gradient.
    """
    speech, noise = (part_loss(estimate, target, config) for estimate, target in zip(estimates, targets))
    return speech + config.noise_weight * noise


def part_loss(estimate: Tensor, target: Tensor, config: LossConfig) -> Tensor:
    """Return ``−SI-SDR(estimate, target)`` of each item, [B], of one part of the mixture, [B, N], within the limit."""
    score = si_sdr(estimate, target, EPS)
    return -score if config.clamp_db is None else -score.clamp(-config.clamp_db, config.clamp_db)


def domain_loss(logits: Tensor, source: Tensor) -> Tensor:
    """Return the mean binary cross entropy of log odds [B] of the target domain; ``source`` [B] is true elsewhere."""
    return functional.binary_cross_entropy_with_logits(logits, (~source).to(logits.dtype))


def recognised(logits: Tensor, source: Tensor) -> Tensor:
    """Return of which items the domain is recognised, boolean [B]; the arguments are those of `domain_loss`."""
    return (logits > 0) == ~source


def enhancement_scores(speech: Tensor, batch: Batch) -> dict[str, Mean]:
    """Return the mean SI-SDR of the speech estimates [B, N], and its gain over the mixture's, for each domain."""
    scores = si_sdr(speech, batch["speech"], EPS)
    gains = scores - si_sdr(batch["noisy"], batch["speech"], EPS)
    means = {}
    for domain, chosen in (("source", batch["source"]), ("target", ~batch["source"])):
        count = int(chosen.sum())
        if not count:
            continue
        means[f"{domain}_si_sdr"] = Mean(float(scores[chosen].sum()), count)
        means[f"{domain}_si_sdr_gain"] = Mean(float(gains[chosen].sum()), count)
    return means


def domain_scores(logits: Tensor, source: Tensor) -> dict[str, Mean]:
    """Return the classifier's cross entropy and accuracy, for log odds [B]; each domain's accuracy by itself, too."""
    right = recognised(logits, source)
    loss = Mean(float(domain_loss(logits, source)) * len(logits), len(logits))
    accuracy = Mean(float(right.sum()), len(logits))
    by_domain = {
        f"{name}_recognised": Mean(float(right[chosen].sum()), int(chosen.sum()))
        for name, chosen in (("source", source), ("target", ~source))
        if chosen.any()
    }
    return {"domain_loss": loss, "domain_accuracy": accuracy} | by_domain
