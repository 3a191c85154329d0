"""The codes that models learned of languages: their values, and the plane in which they differ most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from audiolab.inference import load
from audiolab.report.history import TrainingRun

SYSTEM = "mlms"
"""The system whose models may have codes."""


def learned_codes(runs: Sequence[TrainingRun]) -> dict[str, dict[str, np.ndarray]]:
    """Return run's name -> language -> code [L], of the runs whose model has codes; their models are loaded."""
    found = {run.name: dict(load(run.path).codes) for run in runs if run.config["system"] == SYSTEM}
    return {name: codes for name, codes in found.items() if codes}


def plane(codes: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], float]:
    """Return each language's place [2] on the first two principal components, and which share of variance these have.

    The mean of the codes is at 0; of each component the sign is such that its largest value is positive.

    Args:
        codes: Language -> code, [L].
    """
    values = np.stack([np.asarray(code, np.float64) for code in codes.values()])
    left, strengths, _ = np.linalg.svd(values - values.mean(0), full_matrices=False)
    places = np.zeros((len(values), 2))
    count = min(2, len(strengths))
    places[:, :count] = left[:, :count] * strengths[:count]
    signs = np.sign(places[np.abs(places).argmax(0), range(2)])
    total = float(np.square(strengths).sum())
    share = float(np.square(strengths[:2]).sum()) / total if total > 0 else 1.0
    return dict(zip(codes, places * np.where(signs == 0, 1, signs))), share
