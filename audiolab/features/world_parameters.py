"""WORLD's parameters as a synthesiser predicts them, a row a frame, and speech made of them."""

from __future__ import annotations

import numpy as np

from audiolab.features.band_aperiodicity import from_bands, to_bands
from audiolab.features.f0 import F0Range, estimate_f0, second_pass
from audiolab.features.mel_cepstrum import allpass_constant, mc2sp, sp2mc
from audiolab.features.world import analyse_at
from audiolab.features.world_config import WorldConfig
from audiolab.features.worldlib import pyworld


class WorldParameters:
    """Analysis and synthesis.

    A frame has the streams of `WorldConfig.streams` side by side: ``mcep``, the mel-cepstrum; ``lf0``, the natural log
    of F0 in Hz, in a line through what is unvoiced and held at the ends; ``vuv``, 1 where voiced, else 0; ``bap``, the
    bands' aperiodicity in dB.

    Attributes:
        config: How it analyses.
        alpha: The all-pass constant.
    """

    def __init__(self, config: WorldConfig) -> None:
        self.config = config
        self.alpha = allpass_constant(config.rate) if config.alpha is None else config.alpha

    def __call__(self, wave: np.ndarray, speaker: F0Range) -> np.ndarray:
        """Return the parameters of a signal, [T, 49] (with the defaults) float32.

        Args:
            wave: [N], mono, at the config's rate, full scale ±1.
            speaker: The F0 range of who speaks, within which F0 is looked for (`second_pass`). Where nothing is voiced,
                as in a whisper, log F0 is that of the median.

        Raises:
            AudiolabError: The range lies outside the config's.
        """
        config = self.config
        search = second_pass(config.f0, speaker)
        f0 = estimate_f0(wave, config.rate, config.shift_ms, search.floor, search.ceiling, search.method)
        found = analyse_at(wave, config.rate, f0, config.shift_ms, config.f0.floor)
        voiced = found.f0 > 0
        streams = (
            sp2mc(found.spectrum, config.order, self.alpha),
            continuous_log_f0(found.f0, speaker.median)[:, None],
            voiced[:, None],
            to_bands(found.aperiodicity, config.rate, config.edges_hz),
        )
        return np.concatenate(streams, axis=1).astype(np.float32)

    def synthesise(self, parameters: np.ndarray) -> np.ndarray:
        """Return speech of parameters [T, 49], predicted ones too: voiced where ``vuv`` is over 0.5.

        Returns:
            [N] float64, T shifts. Frames do not tell where in the last shift a signal ended, so that is up to a shift
            (111 samples) more than was analysed; cut it where the length is known.
        """
        config = self.config
        widths = list(config.streams.values())
        values = np.asarray(parameters, np.float64)
        mcep, lf0, vuv, bap = np.split(values, np.cumsum(widths)[:-1], axis=1)
        world = pyworld()
        bins = world.get_cheaptrick_fft_size(config.rate, config.f0.floor) // 2 + 1
        f0 = np.where(vuv[:, 0] > 0.5, np.exp(lf0[:, 0]), 0.0)
        spectrum = np.ascontiguousarray(mc2sp(mcep, self.alpha, bins))
        aperiodicity = np.ascontiguousarray(from_bands(bap, config.rate, config.edges_hz, bins))
        return world.synthesize(f0, spectrum, aperiodicity, config.rate, config.shift_ms)


def continuous_log_f0(f0: np.ndarray, median: float) -> np.ndarray:
    """Return the natural log of F0 [T], where unvoiced (0) in a line between its neighbours, held at the ends.

    Where nothing is voiced it is that of ``median``, the speaker's, in Hz.
    """
    voiced = np.flatnonzero(f0 > 0)
    if not len(voiced):
        return np.full(len(f0), np.log(median))
    return np.interp(np.arange(len(f0)), voiced, np.log(f0[voiced]))
