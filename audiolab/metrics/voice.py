"""What an utterance is scored by: WORLD's analysis of it, made once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.features.mel import mel_filters
from audiolab.features.world import mel_cepstrum
from audiolab.metrics.mcd import speech_frames
from audiolab.metrics.prosody import rhythm

BANDS = 32


@dataclass(frozen=True)
class AnalysisConfig:
    """How speech is analysed for scoring; printed under every table.

    Attributes:
        rate: Sampling rate to which everything is brought, in Hz.
        alpha: All-pass constant of the mel-cepstra.
        order: Their order.
        hop_ms: Frame shift in ms.
        range_db: Frames within this of an utterance's loudest frame count as speech, in dB.
        f0_floor: Lowest F0 in Hz.
        f0_ceiling: Highest F0 in Hz.
        f0_method: Estimator.
    """

    rate: int = 16000
    alpha: float = 0.410
    order: int = 24
    hop_ms: float = 5.0
    range_db: float = 35.0
    f0_floor: float = 60.0
    f0_ceiling: float = 600.0
    f0_method: Literal["dio", "harvest"] = "dio"

    def describe(self) -> str:
        """Return one line for a table's notes."""
        return (
            f"WORLD (CheapTrick, F0 by {self.f0_method} from {self.f0_floor:g} to {self.f0_ceiling:g} Hz) at "
            f"{self.rate} Hz every {self.hop_ms:g} ms; bands: {BANDS} mel filters (HTK scale, Σw = 1) on amplitude"
        )


@dataclass(frozen=True)
class Voice:
    """An analysed utterance.

    Attributes:
        cepstra: Mel-cepstra with c0 in the first column, [T, order + 1].
        bands: Levels of the mel bands, dB, [T, B].
        f0: Hz, 0 where unvoiced, [T].
        speech: Numbers of the frames that hold speech, [S].
        frame_rate: Frames per second.
        rhythm: `audiolab.metrics.prosody.rhythm`, [T].
    """

    cepstra: np.ndarray
    bands: np.ndarray
    f0: np.ndarray
    speech: np.ndarray
    frame_rate: float
    rhythm: np.ndarray


def analyse(wave: np.ndarray, config: AnalysisConfig) -> Voice:
    """Analyse one utterance.

    Args:
        wave: One channel at ``config.rate``, [N].
        config: Of the analysis.

    Raises:
        AudiolabError: The wave is empty, silent or holds NaN.
    """
    if not len(wave) or not np.isfinite(wave).all() or not np.any(wave):
        raise AudiolabError("the recording is empty, silent or holds NaN")
    found = mel_cepstrum(
        wave,
        config.rate,
        config.hop_ms,
        config.f0_floor,
        config.f0_ceiling,
        config.order,
        config.alpha,
        config.f0_method,
    )
    bands = 20.0 * np.log10(np.sqrt(found.spectrum) @ _filters(config.rate, found.spectrum.shape[1]).T)
    speech = speech_frames(10.0 ** (found.power_db / 10.0), config.range_db)
    beat = rhythm(wave, config.rate, config.hop_ms, len(found.f0))
    return Voice(found.coefficients, bands, found.f0, speech, 1000.0 / config.hop_ms, beat)


@lru_cache(maxsize=4)
def _filters(rate: int, bins: int) -> np.ndarray:
    return mel_filters(rate, 2 * (bins - 1), BANDS, 0.0, rate / 2.0)
