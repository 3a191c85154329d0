"""What tables say together: which utterance is whose, and which piece of which recording it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from audiolab.errors import AudiolabError

SEGMENT_SLACK = 0.01
"""Seconds by which a segment may end after its recording, for times are written with two or three decimals."""


class Segment(NamedTuple):
    """A piece of a recording: from ``start`` to ``end``, in seconds."""

    recording: str
    start: float
    end: float

    def span(self, rate: int, length: int, where: str) -> tuple[int, int]:
        """Return the piece's first sample and how many it has, rounded to the nearest sample.

        Args:
            rate: At which samples are counted, in Hz.
            length: Of the recording, in samples.
            where: What begins an error message.

        Raises:
            AudiolabError: It ends after its recording, or holds no sample.
        """
        first, stop = round(self.start * rate), round(self.end * rate)
        if stop > length + SEGMENT_SLACK * rate:
            raise AudiolabError(f"{where}: the segment ends at {self.end} s, the recording at {length / rate:.3f} s")
        samples = min(stop, length) - first
        if not 0 <= first < first + samples:
            raise AudiolabError(f"{where}: the segment from {self.start} to {self.end} s holds no sample")
        return first, samples


def parse_segments(table: Mapping[str, str], path: str | Path = "segments") -> dict[str, Segment]:
    """Return the segments of a table ``<utterance> <recording> <start s> <end s>``.

    Raises:
        AudiolabError: A time is no number, or a segment's end is not after its start.
    """
    segments = {}
    for utterance, value in table.items():
        segment, problem = parse_segment(value)
        if problem:
            raise AudiolabError(f"{path}: utterance '{utterance}': {problem}")
        segments[utterance] = segment
    return segments


def parse_segment(value: str) -> tuple[Segment, str | None]:
    """Return (segment, what is wrong with it or None) of one line's ``<recording> <start> <end>``."""
    nowhere = Segment("", 0.0, 0.0)
    fields = value.split()
    if len(fields) != 3:
        return nowhere, f"{len(fields) + 1} fields where there are to be 4"
    try:
        segment = Segment(fields[0], float(fields[1]), float(fields[2]))
    except ValueError:
        return Segment(fields[0], 0.0, 0.0), f"'{fields[1]} {fields[2]}' are no times in seconds"
    if not 0 <= segment.start < segment.end < float("inf"):
        return segment, f"a segment from {fields[1]} to {fields[2]} s; 0 <= start < end must hold"
    return segment, None


def utt2spk_to_spk2utt(utt2spk: Mapping[str, str]) -> dict[str, str]:
    """Return ``{speaker: "utterance utterance …"}``, utterances in the order of ``utt2spk``."""
    spk2utt: dict[str, list[str]] = {}
    for utterance, speaker in utt2spk.items():
        spk2utt.setdefault(speaker, []).append(utterance)
    return {speaker: " ".join(utterances) for speaker, utterances in spk2utt.items()}


def spk2utt_to_utt2spk(spk2utt: Mapping[str, str]) -> dict[str, str]:
    """Return ``{utterance: speaker}``.

    Raises:
        AudiolabError: An utterance has two speakers.
    """
    utt2spk: dict[str, str] = {}
    for speaker, utterances in spk2utt.items():
        for utterance in utterances.split():
            if utt2spk.setdefault(utterance, speaker) != speaker:
                raise AudiolabError(f"spk2utt: '{utterance}' belongs to both {utt2spk[utterance]} and {speaker}")
    return utt2spk
