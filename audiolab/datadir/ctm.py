"""Kaldi's ``ctm``: what is said from when to when in each utterance."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from audiolab.errors import AudiolabError, shown
from audiolab.files import atomic_write
from audiolab.textfile import read_lines

_NEAR = 0.0015
"""s that one segment may end off where the next one begins; files are written in milliseconds, or finer."""


class Segment(NamedTuple):
    """A phone or a pause.

    Attributes:
        start: s.
        end: s.
        symbol: What it is.
    """

    start: float
    end: float
    symbol: str


def write_ctm(path: str | Path, aligned: Mapping[str, Sequence[Segment]]) -> None:
    """Write ``<utt> 1 <start> <duration> <symbol>`` a line, sorted by utterance, atomically.

    Times have four decimals; each start is, to the digit, the end of the segment before it.
    """
    with atomic_write(path) as file:
        for utterance, segments in sorted(aligned.items()):
            for segment in segments:
                start, end = round(segment.start * 1e4), round(segment.end * 1e4)
                file.write(f"{utterance} 1 {start / 1e4:.4f} {(end - start) / 1e4:.4f} {segment.symbol}\n")


def read_ctm(path: str | Path) -> dict[str, list[Segment]]:
    """Return the segments of each utterance of a ctm, in order.

    Raises:
        AudiolabError: It cannot be read; a line has not five fields (a sixth, Kaldi's confidence, is left out) or times
            that are none; an utterance's lines are not together and in order of time. The message names the line.
    """
    found: dict[str, list[Segment]] = {}
    last = None
    for number, line in enumerate(read_lines(path, "this ctm"), 1):
        fields = line.split()
        if len(fields) not in (5, 6):
            raise AudiolabError(f"{path}:{number}: {len(fields)} fields; they are utterance, 1, start, duration, phone")
        utterance, start = fields[0], _time(fields[2])
        duration = _time(fields[3])
        if start is None or duration is None:
            raise AudiolabError(f"{path}:{number}: start and duration must be seconds, not {shown(fields[2:4])}")
        if utterance != last and utterance in found:
            raise AudiolabError(f"{path}:{number}: lines of '{utterance}' stand above, too; sort the file")
        last = utterance
        found.setdefault(utterance, []).append(Segment(start, start + duration, fields[4]))
        check_order(found[utterance][-2:], f"{path}:{number}")
    return found


def check_order(segments: Sequence[Segment], where: str, gapless: bool = False) -> None:
    """Raise `AudiolabError`, which begins with ``where``, where segments overlap, or leave gaps if they may not."""
    for before, after in itertools.pairwise(segments):
        if after.start < before.end - _NEAR:
            raise AudiolabError(
                f"{where}: {shown(after.symbol)} begins at {after.start:g} s, before the end of what precedes it at "
                f"{before.end:g} s"
            )
        if gapless and after.start > before.end + _NEAR:
            raise AudiolabError(f"{where}: nothing stands between {before.end:g} and {after.start:g} s")


def _time(text: str) -> float | None:
    """Return seconds, 0 or more; None where the text is anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None
