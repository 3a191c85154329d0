"""The scores of synthesised utterances: speech synthesis' ``scores.csv``."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.metrics.judges import dnsmos, words
from audiolab.metrics.scores import Metric, ScoreFormat

VOCODED = "vocoded"
"""The system that makes speech of the recordings' own parameters: what the vocoder can reach, and no contender."""

MSE = Metric("mse", "MSE, normalised", "", 3, "lower")
METRICS = (
    MSE,
    Metric("mcd_db", "MCD", "dB", 2, "lower"),
    Metric("logf0_rmse", "ln F0 RMSE", "", 3, "lower"),
    Metric("voicing_error", "V/UV error", "%", 2, "lower"),
    Metric("bap_rmse_db", "Band aperiodicity RMSE", "dB", 2, "lower"),
)
FURTHER = (*dnsmos.METRICS, *words.METRICS)
"""What trained judges say of the speech, where they were asked."""


@dataclass(frozen=True)
class SynthesisScore:
    """One synthesised utterance.

    Attributes:
        system: Name of the system.
        seed: Its training run's seed, as text; `audiolab.metrics.scores.UNTRAINED` for `VOCODED`.
        language: Its code.
        speaker: Whose recording it is compared with, and whose voice it has.
        utterance: Its id.
        values: Metric's column -> value; ``logf0_rmse`` is NaN where nothing is voiced in both.
    """

    system: str
    seed: str
    language: str
    speaker: str
    utterance: str
    values: dict[str, float]

    @property
    def voice(self) -> tuple[str, str]:
        """Language and speaker."""
        return self.language, self.speaker

    @property
    def unit(self) -> tuple[str, str, str]:
        """Language, speaker and utterance."""
        return *self.voice, self.utterance

    @property
    def cluster(self) -> tuple[str, str, str]:
        """The utterance: intervals are for other sentences of these speakers."""
        return self.unit


TTS = ScoreFormat(SynthesisScore, METRICS, "score tts", FURTHER)
