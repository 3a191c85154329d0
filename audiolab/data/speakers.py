"""What features tell of a speaker: level, mean and deviation by band, F0, and the order of the envelope."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from audiolab.data.speaker_tables import read_spk2f0
from audiolab.errors import AudiolabError
from audiolab.features.cmvn import cmvn_stats, mean_and_deviation
from audiolab.features.envelope_config import EnvelopeConfig, order_for
from audiolab.features.f0 import F0Range
from audiolab.features.speech_profile import Profiler, SpeechProfile


@dataclass(frozen=True)
class SpeakerStatistics:
    """Of one speaker.

    Attributes:
        speaker: Id.
        order: Cepstral order of the speaker's true envelope.
        f0: Median F0 in Hz.
        mean: Of the features as they are stored, (bands,).
        std: Their standard deviation, (bands,), positive.
        profile: Level and bands in dB, for `audiolab.synthesis.envelope_converter`.
    """

    speaker: str
    order: int
    f0: float
    mean: Tensor
    std: Tensor
    profile: SpeechProfile


def read_range(folder: str | Path, speaker: str) -> F0Range:
    """Return a speaker's F0 range from ``spk2f0`` of a features' folder: that of all the speaker's utterances in it.

    Its ceiling gave the order of the envelopes, so it holds for whatever part of the features is used.

    Raises:
        AudiolabError: The table or the speaker is missing.
    """
    path = Path(folder) / "spk2f0"
    ranges = read_spk2f0(path)
    if speaker not in ranges:
        raise AudiolabError(f"{path}: no entry for speaker {speaker}; run the stages 1 and 2 again")
    return ranges[speaker]


def statistics_of(
    speaker: str, feats: Iterable[np.ndarray], f0: float, ceiling: float, analysis: EnvelopeConfig, where: str
) -> SpeakerStatistics:
    """Return the statistics of some of a speaker's features, which are gone through once.

    Args:
        speaker: Id.
        feats: (frames, bands) of each utterance, as they are stored.
        f0: The speaker's median F0 in Hz.
        ceiling: The speaker's highest F0 in Hz, from which the features' order came.
        analysis: How the features were made.
        where: Their folder, for messages.

    Raises:
        AudiolabError: A band never changes.
    """
    profiler = Profiler(analysis)
    mean, std = map(torch.from_numpy, mean_and_deviation(cmvn_stats(_heard_by(profiler, feats))))
    if not bool((std > 0).all()):
        raise AudiolabError(f"{where}: speaker {speaker} has a band that never changes; are the wavs silent?")
    order = int(order_for(ceiling, analysis.stft))
    return SpeakerStatistics(speaker, order, f0, mean.float(), std.float(), profiler.profile(speaker))


def _heard_by(profiler: Profiler, feats: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    for matrix in feats:
        profiler.add(matrix)
        yield matrix
