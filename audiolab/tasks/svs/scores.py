"""The scores of separated songs: singing voice separation's ``scores.csv``."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.data.stem_dir import SOURCES
from audiolab.metrics.scores import Metric, ScoreFormat

MEAN = "sdr_mean"
"""Column of the mean over both sources."""

METRICS = (
    *(Metric(f"sdr_{source}", f"SDR {source}", "dB", 2, "higher") for source in SOURCES),
    Metric(MEAN, "SDR mean", "dB", 2, "higher"),
)
FURTHER = tuple(
    Metric(f"{ratio}_{source}", f"{ratio.upper()} {source}", "dB", 2, "higher")
    for ratio in ("sir", "sar", "isr")
    for source in SOURCES
)
"""What ``--museval full`` adds."""


@dataclass(frozen=True)
class SeparationScore:
    """One separated song.

    Attributes:
        system: Name of the system.
        seed: Its training run's seed, as text; `audiolab.metrics.scores.UNTRAINED` where there is none.
        set: Name of the song dir.
        song: The song, all pieces of it.
        frames: Frames of a second that count.
        silent: Frames that do not, for a source or an estimate is silent there, or perfect.
        values: Metric's column -> value in dB, a median over frames; `MEAN`: the mean of both sources' medians. NaN
            where no frame counts.
    """

    system: str
    seed: str
    set: str
    song: str
    frames: int
    silent: int
    values: dict[str, float]

    @property
    def utterance(self) -> str:
        """The song."""
        return self.song

    @property
    def unit(self) -> tuple[str, str]:
        """Set and song."""
        return self.set, self.song

    @property
    def cluster(self) -> tuple[str, str]:
        """The song: intervals are for other songs."""
        return self.unit


SVS = ScoreFormat(SeparationScore, METRICS, "score svs", FURTHER)
