"""Times and phones of HTK's and HTS's label files (``.lab``); the rest of full-context labels is not looked at."""

from __future__ import annotations

import re
from pathlib import Path

from audiolab.datadir.ctm import Segment, check_order
from audiolab.errors import AudiolabError, shown
from audiolab.text.labels import TICKS
from audiolab.textfile import read_lines

_FULL = re.compile(r"[^-]*[~^][^-]*-(.+?)\+")
_STATE = re.compile(r"(.*)\[([0-9]+)\]")


def read_lab(path: str | Path) -> list[Segment]:
    """Return the phones of a label file; the states of a phone, which end in ``[2]``, ``[3]`` and so on, as one.

    Raises:
        AudiolabError: It cannot be read; a line is not start, end (in 100 ns) and label; they overlap or leave gaps.
    """
    found: list[Segment] = []
    before = None
    for number, line in enumerate(read_lines(path, "this label file"), 1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) < 3 or not all(re.fullmatch("[0-9]{1,18}", field) for field in fields[:2]):
            raise AudiolabError(f"{path}:{number}: a line is start, end, in 100 ns, and label, not {shown(line)}")
        start, end = (int(field) / TICKS for field in fields[:2])
        state = _STATE.fullmatch(fields[2])
        name, index = (state[1], int(state[2])) if state else (fields[2], None)
        goes_on = index is not None and before is not None and before[0] == name and index > before[1]
        before = None if index is None else (name, index)
        if goes_on:
            check_order([found[-1], Segment(start, end, name)], f"{path}:{number}", gapless=True)
            found[-1] = found[-1]._replace(end=end)
            continue
        full = _FULL.match(name)
        found.append(Segment(start, end, full[1] if full else name))
        check_order(found[-2:], f"{path}:{number}", gapless=True)
    if not found:
        raise AudiolabError(f"{path}: no label in it")
    return found
