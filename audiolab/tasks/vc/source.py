"""An utterance that is converted: its samples, and what is told of it and of its conversion."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from audiolab.datadir.audio import open_utterance, utterance_of
from audiolab.datadir.datadir import DataDir

LIMITED = "utt2limited"
"""Table of a data dir of conversions: how many samples of each would have passed full scale, and were limited, or were
clipped where the recording passes it itself or the last resampling made it so."""


class Source(NamedTuple):
    """Samples [N], their rate in Hz, and whether the recording lies within full scale, as they need not."""

    wave: np.ndarray
    rate: int
    within: bool


def read_source(datadir: DataDir, utterance: str, rate: int) -> Source:
    """Return an utterance at ``rate``, or at its own where that is lower, so that one knows where its data end."""
    with open_utterance(datadir, utterance) as recording:
        at = min(recording.rate, rate)
        waves = {each: utterance_of(datadir, utterance, recording, each) for each in {recording.rate, at}}
        return Source(waves[at], at, bool(np.abs(waves[recording.rate]).max() <= 1))


class Told:
    """What tables of a data dir tell of its utterances, which is true of their conversions too.

    Args:
        datadir: The data dir.
        names: Of the tables, of those that are there.
    """

    def __init__(self, datadir: DataDir, *names: str) -> None:
        self._tables = {name: datadir.table(name) for name in names if datadir.has(name)}

    def of(self, utterance: str, target: str) -> dict[str, str]:
        """Return table's name -> what it says of the conversion of an utterance to a speaker."""
        told = {name: table[utterance] for name, table in self._tables.items() if utterance in table}
        return {"utt2spk": target, "utt2source": utterance} | told
