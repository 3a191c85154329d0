"""Conversions without a model, for comparison: the statistics of two speakers are all they know."""

from __future__ import annotations

from audiolab.data.baseline_mappings import BASELINES
from audiolab.data.crops import UnpairedCrops, UnpairedCropsConfig
from audiolab.errors import AudiolabError, did_you_mean
from audiolab.synthesis.envelope_converter import EnvelopeConverter


class Baseline(EnvelopeConverter):
    """Converts speaker X's voice to Y's by statistics of the log mel envelope.

    Level, loudness and limits are those of trained converters, and so are the sentences: a baseline knows those that a
    training on the same data is shown, neither the held-out ones nor those that `UnpairedCropsConfig.unshared` leaves
    out.

    Args:
        kind: ``unconverted``: through analysis and resynthesis, unchanged; ``mean_shift``: each band's mean is moved to
            Y's; ``mean_variance``: mean and standard deviation are.
        data: The features, the speakers X and Y, and which of their sentences.
        reverse: Convert Y's voice to X's.

    Attributes:
        source: Id of the speaker who is converted.
        target: Id of the speaker whose voice it becomes.
    """

    def __init__(self, kind: str, data: UnpairedCropsConfig, reverse: bool = False) -> None:
        if kind not in BASELINES:
            raise AudiolabError(f"unknown baseline '{kind}'{did_you_mean(kind, BASELINES)}")
        crops = UnpairedCrops(data, held_out=False)
        x, y = (crops.target, crops.source) if reverse else (crops.source, crops.target)
        self.source, self.target = x.speaker, y.speaker
        mapping = BASELINES[kind]
        super().__init__(crops.analysis, x.order, x.profile, lambda feats: mapping(feats, x, y))
