"""What the features' folder tells of each speaker: level by band, F0, and the order of the envelope."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from audiolab.config import from_dict, load_yaml
from audiolab.data.speaker_tables import read_spk2f0
from audiolab.datadir.arkio import MatrixTable
from audiolab.errors import AudiolabError
from audiolab.features.envelope_config import EnvelopeConfig, order_for


@dataclass(frozen=True)
class SpeakerStatistics:
    """Of one speaker.

    Attributes:
        speaker: Id.
        order: Cepstral order of the speaker's true envelope.
        f0: Median F0 in Hz.
        mean: Of the features as they are stored, (bands,).
        std: Their standard deviation, (bands,), positive.
    """

    speaker: str
    order: int
    f0: float
    mean: Tensor
    std: Tensor


def read_analysis(folder: str | Path) -> EnvelopeConfig:
    """Return how the features in a folder were made, from its ``features.yaml``."""
    path = Path(folder) / "features.yaml"
    return from_dict(EnvelopeConfig, *load_yaml(path), str(path))


def read_statistics(folder: str | Path, speaker: str) -> SpeakerStatistics:
    """Return a speaker's statistics from ``cmvn.scp`` and ``spk2f0`` of a features' folder.

    Raises:
        AudiolabError: A table or the speaker is missing, or a band never changes.
    """
    folder = Path(folder)
    cmvn, ranges = MatrixTable(folder / "cmvn.scp"), read_spk2f0(folder / "spk2f0")
    for name, known in (("cmvn.scp", cmvn), ("spk2f0", ranges)):
        if speaker not in known:
            raise AudiolabError(f"{folder}/{name}: no entry for speaker {speaker}; run the stages 1 and 2 again")
    sums = torch.from_numpy(np.array(cmvn[speaker], dtype=np.float64))
    count = sums[0, -1]
    mean = sums[0, :-1] / count
    std = (sums[1, :-1] / count - mean**2).clamp_min(0).sqrt()
    if not bool((std > 0).all()):
        raise AudiolabError(f"{folder}/cmvn.scp: speaker {speaker} has a band that never changes; are the wavs silent?")
    order = int(order_for(ranges[speaker].ceiling, read_analysis(folder).stft))
    return SpeakerStatistics(speaker, order, ranges[speaker].median, mean.float(), std.float())
