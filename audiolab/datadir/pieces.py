"""Cutting utterances into pieces of one length: where they begin, what they are called, which tables tell of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from audiolab.config import option
from audiolab.datadir.kinds import kind_of
from audiolab.errors import AudiolabError

DIGITS = 6
"""Of a piece's number in its id, so that pieces sort by time."""

MOST = 10**DIGITS


@dataclass
class Cut:
    """How utterances are cut."""

    segment_seconds: float | None = option(None, "length of pieces; null: utterances stay whole", "s")
    shortest_seconds: float = option(1.0, "a rest at the end that is shorter belongs to the piece before it", "s")
    pad: bool = option(False, "fill the last piece with zeros to the length of the others")

    def __post_init__(self) -> None:
        if self.segment_seconds is None:
            if self.pad:
                raise ValueError("pad is for pieces; give segment_seconds too")
        elif not 0 < self.segment_seconds < math.inf:
            raise ValueError("segment_seconds must be above 0")
        if not 0 <= self.shortest_seconds < math.inf:
            raise ValueError("shortest_seconds must be 0 or more")


class Piece(NamedTuple):
    """A piece of an utterance.

    Attributes:
        name: Its id, which begins with the utterance's.
        start: Its first sample, counted from the recording's.
        samples: How many of the recording it has.
        zeros: How many are to follow them.
    """

    name: str
    start: int
    samples: int
    zeros: int = 0


def pieces_of(utterance: str, start: int, samples: int, rate: int, cut: Cut) -> list[Piece]:
    """Return the pieces of an utterance, of which each sample is in one.

    Args:
        utterance: Its id; piece 12 is ``<id>-000012`` and begins 12 lengths of a piece after the utterance.
        start: Its first sample in its recording.
        samples: How many it has.
        rate: At which they are counted, in Hz.
        cut: How it is cut.

    Raises:
        AudiolabError: There is no sample, pieces would be shorter than one, or more than ids can count.
    """
    if samples < 1:
        raise AudiolabError(f"{utterance}: holds no sample at {rate} Hz; leave it out")
    if cut.segment_seconds is None:
        return [Piece(utterance, start, samples)]
    length = round(cut.segment_seconds * rate)
    if length < 1 or samples > MOST * length:
        raise AudiolabError(
            f"{utterance}: pieces of {cut.segment_seconds:g} s at {rate} Hz, of {samples} samples; give a larger "
            "--segment_seconds"
        )
    starts = list(range(0, samples, length))
    rest = samples - starts[-1]
    if not cut.pad and len(starts) > 1 and rest < min(length, cut.shortest_seconds * rate):
        starts.pop()
    ends = [*starts[1:], samples]
    zeros = [0] * (len(starts) - 1) + [length - rest if cut.pad else 0]
    return [
        Piece(f"{utterance}-{number:0{DIGITS}}", start + first, end - first, more)
        for number, (first, end, more) in enumerate(zip(starts, ends, zeros))
    ]


def carried(
    tables: Mapping[str, Mapping[str, str]], names: Mapping[str, Collection[str]], cut: Cut
) -> dict[str, dict[str, str]]:
    """Return the tables that tell of pieces too, or of utterances where these stay whole, with the pieces' ids.

    Args:
        tables: Tables of the data dir, by name.
        names: Utterance -> the ids of its pieces.
        cut: How they were cut.
    """
    speakers = {tables["utt2spk"][utterance] for utterance in names}
    kept: dict[str, dict[str, str]] = {}
    for table, of in tables.items():
        kind = kind_of(table)
        if table == "spk2utt" or kind.holds not in ("pieces", *(["whole"] if cut.segment_seconds is None else [])):
            continue
        if kind.key == "speaker":
            kept[table] = {speaker: of[speaker] for speaker in speakers if speaker in of}
        else:
            kept[table] = {name: of[utterance] for utterance, own in names.items() if utterance in of for name in own}
    return kept
