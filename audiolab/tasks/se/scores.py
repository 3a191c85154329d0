"""The scores of enhanced utterances: speech enhancement's ``scores.csv``."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.metrics.judges import dnsmos, words
from audiolab.metrics.scores import Metric, ScoreFormat

METRICS = (
    Metric("pesq", "PESQ", "", 3, "higher"),
    Metric("stoi", "STOI", "", 3, "higher"),
    Metric("si_sdr", "SI-SDR", "dB", 2, "higher"),
)
FURTHER = (
    Metric("estoi", "ESTOI", "", 3, "higher"),
    Metric("si_sdr_i", "SI-SDR improvement", "dB", 2, "higher"),
    *dnsmos.METRICS,
    *words.METRICS,
)
"""Scores that the paper does not have, at last those of trained judges, where they were asked."""
NOISY = "noisy"
"""The system that leaves the mixture as it is."""
UNKNOWN = "-"
"""What stands for an SNR, a language or a speaker that is not known."""


@dataclass(frozen=True)
class EnhancementScore:
    """One enhanced utterance.

    Attributes:
        system: Name of the system.
        seed: Its training run's seed, as text; `audiolab.metrics.scores.UNTRAINED` for `NOISY`.
        set: Name of the mixture dir.
        snr: The SNR in dB that the mixture was made with, as text; `UNKNOWN` for a recorded pair.
        language: What ``utt2lang`` says; `UNKNOWN` where the dir has none.
        speaker: What ``utt2spk`` says; `UNKNOWN` where it has the utterance's own id, as Kaldi has it.
        utterance: Id of the mixture.
        values: Metric's column -> value; NaN where the metric refuses this utterance.
    """

    system: str
    seed: str
    set: str
    snr: str
    language: str
    speaker: str
    utterance: str
    values: dict[str, float]

    @property
    def unit(self) -> tuple[str, str]:
        """Set and utterance."""
        return self.set, self.utterance

    @property
    def cluster(self) -> tuple[str, ...]:
        """The speaker: intervals are for other speakers, in these noises; the unit, where the speaker is not known."""
        return self.unit if self.speaker == UNKNOWN else (self.speaker,)


SE = ScoreFormat(EnhancementScore, METRICS, "score se", FURTHER)
