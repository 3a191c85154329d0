"""Conversions without a model, for comparison: the statistics of two speakers are all they know."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audiolab.data.baseline_mappings import BASELINES
from audiolab.data.speakers import read_analysis, read_statistics
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.synthesis.envelope_converter import EnvelopeConverter


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
        if kind not in BASELINES:
            raise AudiolabError(f"unknown baseline '{kind}'{did_you_mean(kind, BASELINES)}")
        self.source, self.target = source, target
        self.analysis = read_analysis(folder)
        x, y = (read_statistics(folder, speaker) for speaker in (source, target))
        mapping = BASELINES[kind]
        self._converter = EnvelopeConverter(self.analysis, x.order, lambda feats: mapping(feats, x, y))

    def convert(self, wave: np.ndarray, rate: int) -> np.ndarray:
        """Return converted audio of the same shape, [N] or [N, channels], and rate."""
        return self._converter.convert(wave, rate)
