"""A post-filter of mel-cepstra: formants are raised over the valleys between them, which averaging had filled."""

from __future__ import annotations

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.features.mel_cepstrum import mc2sp, mean_power

USUAL = 1.4
"""The weight of HTS' demonstrations and of Merlin."""

_BINS = 513
"""Frequencies over which a frame's energy is taken, from 0 to half the rate."""


def postfilter(mcep: np.ndarray, alpha: float, weight: float = USUAL) -> np.ndarray:
    """Return mel-cepstra with the coefficients from c2 on times ``weight``, and with each frame's energy as before.

    c1, the tilt, stays as it is; c0 takes up the change of energy, which is that of the frame's impulse response. This
    is hts_engine's post-filter, where β is ``weight`` − 1: there b_k ← (1 + β) b_k for k ≥ 2 and b_1 ← b_1 − β α b_2,
    which leaves c1 alone, and then b_0 ← b_0 + ½ ln (energy before / energy after).

    Args:
        mcep: [T, M + 1].
        alpha: Their all-pass constant.
        weight: Over 0; 1 changes nothing.

    Returns:
        [T, M + 1] float64.

    Raises:
        AudiolabError: The weight is not over 0 and finite.
    """
    check_weight(weight)
    before = np.asarray(mcep, np.float64)
    after = before.copy()
    if weight == 1:
        return after
    after[:, 2:] *= weight
    energies = [mean_power(mc2sp(each, alpha, _BINS)) for each in (before, after)]
    after[:, 0] += 0.5 * np.log(energies[0] / energies[1])
    return after


def check_weight(weight: float) -> None:
    """Raise `AudiolabError` where a weight cannot be one."""
    if not 0 < weight < np.inf:
        raise AudiolabError(f"postfilter {weight}: give a weight over 0; 1 is off, and {USUAL} usual")
