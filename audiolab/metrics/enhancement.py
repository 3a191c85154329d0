"""Scores of enhanced speech, PESQ, STOI, ESTOI and SI-SDR, which refuse signals that they are not defined for."""

from __future__ import annotations

import math
import warnings
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
