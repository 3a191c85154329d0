"""Conversions without a model, for comparison: the statistics of two speakers are all they know."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audiolab.data.speakers import read_analysis, read_statistics
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.synthesis.envelope_converter import EnvelopeConverter, Mapping

KINDS = ("unconverted", "mean_shift", "mean_variance")


class Baseline:
    """Converts speaker X's voice to Y's by statistics of the log mel envelope.

    Args:
        kind: ``unconverted``: through analysis and resynthesis, unchanged; ``mean_shift``: each band's mean is moved to
            Y's; ``mean_variance``: mean and standard deviation are.
        folder: The features' folder of the training set, with ``cmvn.scp``, ``spk2f0`` and ``features.yaml``.
        source: Speaker X.
        target: Speaker Y.
    """

    def __init__(self, kind: str, folder: str | Path, source: str, target: str) -> None:
        self.source, self.target = source, target
        self.analysis = read_analysis(folder)
        x, y = (read_statistics(folder, speaker) for speaker in (source, target))
        mappings: dict[str, Mapping] = {
            "unconverted": lambda feats: feats,
            "mean_shift": lambda feats: feats - x.mean + y.mean,
            "mean_variance": lambda feats: (feats - x.mean) / x.std * y.std + y.mean,
        }
        if kind not in mappings:
            raise AudiolabError(f"unknown baseline '{kind}'{did_you_mean(kind, mappings)}")
        self._converter = EnvelopeConverter(self.analysis, x.order, mappings[kind])

    def convert(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return converted audio of the same shape, [N] or [N, channels], and rate."""
        return self._converter.convert(wave, rate)
