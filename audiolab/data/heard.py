"""Audio as trained models of mel spectrograms hear it: what can be no speech is refused in the same words by all."""

from __future__ import annotations

import numpy as np

from audiolab.datadir.audio import resample
from audiolab.errors import AudiolabError
from audiolab.features.log_mel import LogMel
from audiolab.samples import check_rate, fault_of, is_silent


def mel_of(wave: np.ndarray, rate: int, extract: LogMel, *, allow_silent: bool = False, least: int = 0) -> np.ndarray:
    """Return the mel spectrogram of audio, float32 [T, bands] in 0 … 1; the same for the same audio.

    Args:
        wave: Floats [N] with full scale ±1.
        rate: Their rate in Hz; they are resampled to the analysis'.
        extract: The analysis; its noise is drawn with the config's seed.
        allow_silent: Whether silence is heard.
        least: Samples at the analysis' rate; shorter audio is followed by silence.

    Raises:
        AudiolabError: The audio is empty, of another shape or type, silent, at a lower rate than the analysis, or
            shorter than the analysis takes; or samples cannot be audio.
    """
    samples, own = np.asarray(wave), extract.config.rate
    check_rate(rate)
    if samples.ndim != 1 or not len(samples) or samples.dtype.kind != "f":
        raise AudiolabError(f"{samples.dtype} of shape {samples.shape}: give floats [N], with full scale ±1")
    if fault := fault_of(samples):
        raise AudiolabError(f"sample {fault[0]} is {fault[1]}")
    if not allow_silent and is_silent(samples):
        raise AudiolabError("the signal is silent, so there is no voice in it")
    if rate < own:
        raise AudiolabError(
            f"audio at {rate} Hz lacks bands that a model at {own} Hz listens to; give audio that was "
            f"recorded at {own} Hz or more"
        )
    heard = resample(samples.astype(np.float64), rate, own)
    return extract(np.pad(heard, (0, max(0, least - len(heard)))), np.random.default_rng(extract.config.seed))
