"""What the separator is trained and validated by."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from audiolab.data.stem_dir import SOURCES
from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.training.system import Mean

HEARD = 1e-4
"""Share of a mixture's energy from which on a source counts as heard in it: 40 dB below."""


def l1_losses(estimates: Tensor, targets: Tensor, analyse: Callable[[Tensor], Tensor]) -> dict[str, Tensor]:
    """Return the parts of eq. 2, ``{"vocals_audio": …, "vocals_spec": …}``: means over batch, samples, bins, frames.

    Args:
        estimates: Waves of the sources, [B, 2, N], in the order of `SOURCES`.
        targets: Theirs, [B, 2, N].
        analyse: Gives the STFT of waves [B, N].
    """
    losses: dict[str, Tensor] = {}
    for source, estimate, target in zip(SOURCES, estimates.unbind(1), targets.unbind(1)):
        losses[f"{source}_audio"] = (estimate - target).abs().mean()
        losses[f"{source}_spec"] = (analyse(estimate).abs() - analyse(target).abs()).abs().mean()
    return losses


def total(losses: dict[str, Tensor], config: PoCoNetConfig) -> Tensor:
    """Return eq. 3: the parts that `l1_losses` gives, weighted and summed up."""
    weights = dict(zip(SOURCES, (config.lambda_vocals, config.lambda_accompaniment)))
    return sum(
        weight * (config.lambda_audio * losses[f"{source}_audio"] + config.lambda_spec * losses[f"{source}_spec"])
        for source, weight in weights.items()
    )


def sdr_means(estimates: Tensor, targets: Tensor) -> dict[str, Mean]:
    """Return the mean signal-to-distortion ratio of each source and of all in dB, ``10 log10(‖s‖² / ‖s − ŝ‖²)``.

    Windows in which a source is not `HEARD` do not count for it, for their ratio says nothing. None is above 100 dB.

    Args:
        estimates: Waves of the sources, [B, 2, N], in the order of `SOURCES`.
        targets: Theirs, [B, 2, N]; the mixtures are their sums.
    """
    energies = targets.double().square().sum(-1)
    heard = energies > HEARD * targets.double().sum(1).square().sum(-1, keepdim=True)
    errors = (targets - estimates).double().square().sum(-1).clamp_min(1e-10 * energies)
    ratios = 10 * (energies / errors).log10()
    means = {
        f"{source}_sdr": Mean(float(of_source[counted].sum()), int(counted.sum()))
        for source, of_source, counted in zip(SOURCES, ratios.unbind(1), heard.unbind(1))
    }
    return means | {"sdr": sum(means.values(), Mean(0.0, 0))}
