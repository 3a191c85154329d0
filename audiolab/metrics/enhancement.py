"""All scores of one enhanced utterance: PESQ, STOI, SI-SDR.

Each of them is not defined for some signals. These are refused with a reason, for a table to count and name them.
"""

from __future__ import annotations

import math
import warnings
from importlib.metadata import version

import numpy as np
import torch
from pesq import PesqError
from pesq import pesq as _pesq
from pystoi import stoi as _stoi

from audiolab.metrics.si_sdr import si_sdr

RATE = 16000
"""Hz; at which utterances are scored. Wide-band PESQ is defined at this rate alone."""

CONDITIONS = {
    "PESQ": f"wide band (ITU-T P.862.2), pesq {version('pesq')}",
    "STOI": f"not extended, pystoi {version('pystoi')}",
    "SI-SDR": "means removed, in float64",
    "Rate": f"{RATE} Hz; sets at a higher rate are resampled to it",
}


class Refusal(Exception):
    """A metric is not defined for this utterance; the message says why."""


def score_enhanced(clean: np.ndarray, enhanced: np.ndarray) -> tuple[dict[str, float], dict[str, str]]:
    """Return (column -> value, column -> reason of what was refused), for `audiolab.metrics.se_scores.METRICS`.

    All are taken without the signals' means: to STOI, a constant offset would be speech in the pauses.

    Args:
        clean: The clean speech, [N], at `RATE`.
        enhanced: What a system made of the mixture, [N].

    Returns:
        Values, NaN where there is a reason.

    Raises:
        ValueError: The lengths differ.
    """
    if clean.shape != enhanced.shape or clean.ndim != 1:
        raise ValueError(f"signals of shapes {clean.shape} and {enhanced.shape}")
    clean, enhanced = (wave - wave.mean(dtype=np.float64).astype(wave.dtype) for wave in (clean, enhanced))
    values, refused = {}, {}
    for column, measure in (("pesq", pesq_wb), ("stoi", stoi), ("si_sdr", si_sdr_db)):
        try:
            for name, wave in (("clean", clean), ("enhanced", enhanced)):
                if not np.ptp(wave):
                    raise Refusal(f"the {name} speech is silent")
            values[column] = measure(clean, enhanced)
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


def stoi(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """Return STOI, up to 1; `Refusal` where less than 30 frames of 25.6 ms are within 40 dB of the loudest."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Not enough STFT frames", RuntimeWarning)
        try:
            return float(_stoi(clean, enhanced, RATE, extended=False))
        except (RuntimeWarning, ValueError) as error:  # ValueError: not one frame
            raise Refusal("less than 30 frames of speech") from error


def si_sdr_db(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """Return SI-SDR in dB, computed in float64; `Refusal` where it is infinite."""
    estimate, reference = (torch.from_numpy(np.asarray(wave, dtype=np.float64)) for wave in (enhanced, clean))
    value = float(si_sdr(estimate, reference))
    if not math.isfinite(value):
        raise Refusal("the enhanced speech is a multiple of the clean, or has nothing of it")
    return value
