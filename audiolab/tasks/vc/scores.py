"""The scores of converted utterances: voice conversion's ``scores.csv``."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.metrics.judges import dnsmos, speaker, words
from audiolab.metrics.scores import Metric, ScoreFormat

METRICS = (
    Metric("mcd_db", "MCD", "dB", 2, "lower"),
    Metric("lsd_db", "Log-spectral distance", "dB", 2, "lower"),
    Metric("msd_db", "Modulation-spectrum distance", "dB", 2, "lower"),
    Metric("variance_ratio", "Variance ratio", "", 2, "near 1"),
    Metric("dependence", "Input dependence", "", 2, "higher"),
    Metric("collapsed", "Collapsed", "share", 2, "lower"),
    Metric("posterior_target", "Posterior of the target", "", 3, "higher"),
    Metric("posterior_source", "Posterior of the source", "", 3, "lower"),
    Metric("logf0_rmse", "ln F0 RMSE", "", 3, "lower"),
    Metric("voicing_error", "V/UV error", "share", 3, "lower"),
)
AGAINST_READING = ("mcd_db", "lsd_db", "logf0_rmse", "voicing_error", "dependence", "collapsed")
"""Columns in which natural speech of the target has no score: its distance to itself, and what it owes to a source."""
FOLLOWING = ("dependence", "f0_correlation", "rhythm_correlation")
"""Columns that are not defined where a system does not keep its source's timing."""
RANK = Metric("rank_target", "Rank of the target", "", 1, "lower")
JUDGED = (*speaker.METRICS, RANK, *dnsmos.METRICS, *words.METRICS)
"""What trained judges say, where they were asked."""
KEPT = (
    Metric("encoder_target", "Cosine to the target", "", 3, "higher"),
    Metric("encoder_source", "Cosine to the source", "", 3, "lower"),
    Metric("encoder_nearer", "Nearer to the target", "share", 2, "higher"),
    Metric("encoder_rank", "Rank of the target", "", 1, "lower"),
    Metric("recogniser_cer", "CER", "%", 1, "lower"),
    Metric("f0_correlation", "F0 correlation", "", 2, "higher"),
    Metric("rhythm_correlation", "Rhythm correlation", "", 2, "higher"),
)
"""Whose voice it is and what is said, by models that recipes train, and how; where they were asked for."""
ITSELF = (Metric("mel_mse", "Mel error (MSE)", "", 5, "lower"),)
"""What is measured of speakers' speech converted to themselves alone."""
NO_OTHER = ("similarity_source", "nearer_target", "encoder_source", "encoder_nearer", "posterior_source")
"""Columns that such speech has no score in, for its source is its target."""


SIMILAR = ("similarity_target", "similarity_source", "nearer_target", "rank_target")
ENCODED = ("encoder_target", "encoder_source", "encoder_nearer", "encoder_rank")
"""The columns that `audiolab.tasks.vc.identity` gives of a judge's embeddings, and of those of models trained here."""


@dataclass(frozen=True)
class ConversionScore:
    """One converted utterance.

    Attributes:
        system: Name of the system.
        seed: Its training run's seed, as text; `audiolab.metrics.scores.UNTRAINED` where there is none.
        source: Source speaker.
        target: Target speaker.
        utterance: Id of the converted utterance.
        values: Metric's column -> value; NaN where the metric is not defined for this utterance.
        alpha: All-pass constant of the mel-cepstra.
        order: Their order.
    """

    system: str
    seed: str
    source: str
    target: str
    utterance: str
    values: dict[str, float]
    alpha: float
    order: int

    @property
    def unit(self) -> tuple[str, str, str]:
        """Source, target and utterance."""
        return self.source, self.target, self.utterance

    @property
    def cluster(self) -> tuple[str, str, str]:
        """The unit: intervals are for other sentences of these speakers."""
        return self.unit

    @property
    def pair(self) -> tuple[str, str]:
        """Source and target."""
        return self.source, self.target

    @property
    def itself(self) -> bool:
        """Whether a speaker was converted to the same one: reconstruction."""
        return self.source == self.target


VC = ScoreFormat(ConversionScore, METRICS, "score vc", (*JUDGED, *KEPT, *ITSELF))
