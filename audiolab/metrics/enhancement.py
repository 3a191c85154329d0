"""All scores of one enhanced utterance: PESQ, STOI, SI-SDR, and further ESTOI and the SI-SDR improvement.

Each of them is not defined for some signals. These are refused with a reason, for a table to count and name them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import torch
from pesq import PesqError
from pesq import pesq as _pesq
from pystoi import stoi as _stoi

from audiolab.metrics.refusal import Refusal
from audiolab.metrics.si_sdr import si_sdr

RATE = 16000
"""Hz; at which utterances are scored. Wide-band PESQ is defined at this rate alone."""

CONDITIONS = {
    "PESQ": f"wide band (ITU-T P.862.2), pesq {version('pesq')}",
    "STOI": f"not extended; ESTOI: extended; pystoi {version('pystoi')}",
    "SI-SDR": "means removed, in float64; its improvement is over the mixture's",
    "Rate": f"{RATE} Hz; sets at a higher rate are resampled to it",
}


def score_enhanced(
    clean: np.ndarray, enhanced: np.ndarray, mixture: np.ndarray
) -> tuple[dict[str, float], dict[str, str]]:
    """Return (column -> value, column -> reason of what was refused).

    The columns are those of `audiolab.tasks.se.scores.METRICS`, and ``estoi`` and ``si_sdr_i``.

    All are taken without the signals' means: to STOI, a constant offset would be speech in the pauses.

    Args:
        clean: The clean speech, [N], at `RATE`.
        enhanced: What a system made of the mixture, [N].
        mixture: What it was made of, [N].

    Returns:
        Values, NaN where there is a reason.

    Raises:
        ValueError: The lengths differ.
    """
    if not clean.shape == enhanced.shape == mixture.shape or clean.ndim != 1:
        raise ValueError(f"signals of shapes {clean.shape}, {enhanced.shape} and {mixture.shape}")
    clean, enhanced, mixture = (w - w.mean(dtype=np.float64).astype(w.dtype) for w in (clean, enhanced, mixture))
    measures: dict[str, Callable[[], float]] = {
        "pesq": lambda: pesq_wb(clean, enhanced),
        "stoi": lambda: stoi(clean, enhanced),
        "si_sdr": lambda: si_sdr_db(clean, enhanced),
        "estoi": lambda: stoi(clean, enhanced, extended=True),
        "si_sdr_i": lambda: si_sdr_db(clean, enhanced) - si_sdr_db(clean, mixture),
    }
    values, refused = {}, {}
    for column, measure in measures.items():
        try:
            for name, wave in (("clean", clean), ("enhanced", enhanced)):
                if not np.ptp(wave):
                    raise Refusal(f"the {name} speech is silent")
            values[column] = measure()
        except Refusal as refusal:
            values[column], refused[column] = math.nan, str(refusal)
    return values, refused


def pesq_wb(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """Return wide-band PESQ as MOS-LQO, about 1.04 to 4.64; `Refusal` where it finds no utterance or too little."""
    try:
        return float(_pesq(RATE, clean, enhanced, "wb"))
    except (PesqError, ValueError) as error:
        reason = error.args[0] if error.args else type(error).__name__
        raise Refusal(reason.decode() if isinstance(reason, bytes) else str(reason)) from error


def stoi(clean: np.ndarray, enhanced: np.ndarray, extended: bool = False) -> float:
    """Return STOI, or ESTOI, up to 1; `Refusal` where less than 30 frames of 25.6 ms are within 40 dB of the loudest.

    ESTOI: J. Jensen, C. H. Taal, "An algorithm for predicting the intelligibility of speech masked by modulated noise
    maskers", IEEE/ACM TASLP 24 (11), 2016.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Not enough STFT frames", RuntimeWarning)
        try:
            return float(_stoi(clean, enhanced, RATE, extended=extended))
        except (RuntimeWarning, ValueError) as error:  # ValueError: not one frame
            raise Refusal("less than 30 frames of speech") from error


def si_sdr_db(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """Return SI-SDR in dB, computed in float64; `Refusal` where it is infinite."""
    estimate, reference = (torch.from_numpy(np.asarray(wave, dtype=np.float64)) for wave in (enhanced, clean))
    value = float(si_sdr(estimate, reference))
    if not math.isfinite(value):
        raise Refusal("the enhanced speech is a multiple of the clean, or has nothing of it")
    return value
