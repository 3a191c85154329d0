"""The speakers' tables that features need: F0 ranges and CMVN statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from audiolab.datadir.table import read_table
from audiolab.errors import AudiolabError
from audiolab.features.cmvn import cmvn_stats
from audiolab.features.f0 import F0Range, speaker_f0_range
from audiolab.waiting import told


def speaker_ranges(f0s: Mapping[str, np.ndarray], utt2spk: Mapping[str, str]) -> dict[str, F0Range]:
    """Return the F0 range of every speaker from the F0 of their utterances; raises where one has no voiced frame."""
    return {
        speaker: speaker_f0_range((f0s[utterance] for utterance in utterances), f"speaker '{speaker}'")
        for speaker, utterances in told(_by_speaker(f0s, utt2spk).items(), "speakers")
    }


def speaker_cmvn(feats: Mapping[str, np.ndarray], utt2spk: Mapping[str, str]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield (speaker, Kaldi's CMVN statistics [2, D + 1])."""
    for speaker, utterances in told(_by_speaker(feats, utt2spk).items(), "speakers"):
        yield speaker, cmvn_stats(feats[utterance] for utterance in utterances)


def read_spk2f0(path: str | Path) -> dict[str, F0Range]:
    """Read ``<spk> <floor> <ceiling> <median>`` in Hz.

    Raises:
        AudiolabError: A line that is not three positive numbers in order.
    """
    ranges = {}
    for speaker, value in read_table(path).items():
        try:
            floor, ceiling, median = map(float, value.split())
        except ValueError:
            floor = ceiling = median = 0.0
        if not 0 < floor <= median <= ceiling < np.inf:
            raise AudiolabError(
                f"{path}: '{speaker} {value}' is not <floor Hz> <ceiling Hz> <median Hz>; make it again"
            )
        ranges[speaker] = F0Range(floor, ceiling, median)
    return ranges


def spk2f0_table(ranges: Mapping[str, F0Range]) -> dict[str, str]:
    """Return the table that `read_spk2f0` reads."""
    return {speaker: f"{r.floor:.2f} {r.ceiling:.2f} {r.median:.2f}" for speaker, r in ranges.items()}


def _by_speaker(matrices: Mapping[str, np.ndarray], utt2spk: Mapping[str, str]) -> dict[str, list[str]]:
    """Return each speaker's utterances, sorted; every utterance of ``matrices`` must have a speaker and the reverse."""
    lost = sorted(set(utt2spk) ^ set(matrices))
    if lost:
        what, where = ("features", "utt2spk") if lost[0] in utt2spk else ("a speaker", "the features")
        raise AudiolabError(f"'{lost[0]}' is in {where} without {what} ({len(lost)} such); run the stages before again")
    speakers: dict[str, list[str]] = {speaker: [] for speaker in sorted(set(utt2spk.values()))}
    for utterance in sorted(matrices):
        speakers[utt2spk[utterance]].append(utterance)
    return speakers
