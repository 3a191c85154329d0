"""Silence at both ends of recordings, of which more or less is kept."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from audiolab.config import option
from audiolab.corpora.preparation import Preparation
from audiolab.corpora.prepared import Recording
from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.audiofile import open_audio
from audiolab.errors import AudiolabError
from audiolab.work import each, processes

FRAME_SECONDS = 0.01


@dataclass(frozen=True)
class Edges(Preparation):
    """How much silence is kept at both ends."""

    edge_seconds: float | None = option(
        None, "of silence kept at either end, by segments; all recordings are read; null: all is kept", "s"
    )
    edge_db: float = option(-45.0, "what counts as silence: 10 ms softer than this, re the loudest 10 ms", "dB")

    def __post_init__(self) -> None:
        """Raise `ValueError` for a negative time, or a level that is not below 0."""
        super().__post_init__()
        if self.edge_seconds is not None and not 0 <= self.edge_seconds < math.inf:
            raise ValueError("edge_seconds must be 0 or more, or null")
        if not -math.inf < self.edge_db < 0:
            raise ValueError("edge_db must be below 0")

    def trimmed(self, sets: Mapping[str, Sequence[Recording]], nj: int = 1) -> dict[str, list[Recording]]:
        """Return the sets with what is taken of each recording; nothing is read where all is kept.

        Args:
            sets: The recordings of each set.
            nj: Processes that read them.

        Raises:
            AudiolabError: A recording is broken or has several channels; of several, the first one is told.
        """
        if self.edge_seconds is None:
            return {name: list(recordings) for name, recordings in sets.items()}
        whole = [recording for recordings in sets.values() for recording in recordings]
        with processes(nj):
            spans = each(_span, whole, self.edge_seconds, self.edge_db)
        for span in spans:
            if isinstance(span, str):
                raise AudiolabError(span)
        found = iter(spans)
        return {name: [replace(one, span=next(found)) for one in recordings] for name, recordings in sets.items()}


def _span(recording: Recording, keep: float, level: float) -> tuple[float, float]:
    with open_audio(recording.entry, where=recording.where) as opened:
        rate = opened.rate
    wave = read_excerpt(recording.entry, allow_silent=False, where=recording.where)
    return loud_span(wave, rate, keep, level)


def loud_span(wave: np.ndarray, rate: int, keep: float, level: float) -> tuple[float, float]:
    """Return from when to when (s) there is something, with ``keep`` seconds around it, as far as there are so many.

    Args:
        wave: float, [N]; not silent.
        rate: Its sampling rate, Hz.
        keep: Seconds, 0 or more.
        level: What is softer counts as silence: dB below 0, of 10 ms, re the loudest 10 ms.
    """
    size = max(1, round(FRAME_SECONDS * rate))
    frames = np.pad(wave, (0, -len(wave) % size)).reshape(-1, size)
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (level / 10))
    first, last = loud[0] * size / rate - keep, (loud[-1] + 1) * size / rate + keep
    return max(0.0, first), min(len(wave) / rate, last)
