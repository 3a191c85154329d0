"""Errors of vocoder parameters that stand frame by frame beside those of a recording."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from audiolab.metrics.mcd import frame_distortion
from audiolab.metrics.prosody import log_f0_rmse, voicing_error


def world_errors(reference: np.ndarray, found: np.ndarray, streams: Mapping[str, int]) -> dict[str, tuple[float, int]]:
    """Return an utterance's errors, each with the frames that it is of; what no frame tells is left out.

    ``mcd``, mel-cepstral distortion in dB without c0; ``lf0_rmse``, root mean square of ln F0's error where both are
    voiced; ``vuv_error``, frames that are voiced in one of them only, in %; ``bap_rmse``, root mean square over bands
    of the aperiodicities' error in dB, its mean over frames.

    Args:
        reference: Of the recording, [T, W].
        found: What was predicted, [T, W].
        streams: Widths of mcep, lf0, vuv and bap, side by side (`audiolab.features.world_config.WorldConfig.streams`).
    """
    edges = np.cumsum(list(streams.values()))[:-1]
    one, other = (dict(zip(streams, np.split(np.asarray(x, np.float64), edges, axis=1))) for x in (reference, found))
    f0, other_f0 = (np.where(x["vuv"][:, 0] > 0.5, np.exp(x["lf0"][:, 0]), 0.0) for x in (one, other))
    frames, voiced = len(f0), int(np.sum((f0 > 0) & (other_f0 > 0)))
    errors = {
        "mcd": (float(frame_distortion(one["mcep"], other["mcep"]).mean()), frames),
        "vuv_error": (100 * voicing_error(f0, other_f0), frames),
        "bap_rmse": (band_rmse(one["bap"], other["bap"]), frames),
    }
    return errors | ({"lf0_rmse": (log_f0_rmse(f0, other_f0), voiced)} if voiced else {})


def band_rmse(reference: np.ndarray, found: np.ndarray) -> float:
    """Return the root mean square error over bands, [T, bands] each, in their unit, as a mean over frames."""
    return float(np.sqrt(np.mean((reference - found) ** 2, axis=1)).mean())
