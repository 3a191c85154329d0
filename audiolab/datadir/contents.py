"""What can be wrong with what stands behind the ids of a data dir's tables, table by table."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterator

from audiolab.datadir.faults import Fault, Row, Scan
from audiolab.datadir.headers import parse_header
from audiolab.datadir.relations import parse_segment
from audiolab.datadir.table import parse_count

RESERVED_WORDS = ("<s>", "</s>", "#0")
"""Words that have a meaning of their own in Kaldi's symbol tables."""


def check_contents(name: str, table: Scan, non_print: bool) -> Iterator[Fault]:
    """Yield the faults of the values of the table ``name``, line by line; ``non_print`` allows unprintable text."""
    check = _CHECKS.get(name)
    if name == "text":
        for row in table.rows:
            for problem in _text_problems(row, non_print):
                yield Fault(table.name, row.line, problem)
            if not row.value:
                yield Fault(table.name, row.line, f"no words behind '{row.key}'", fatal=False)
    elif name == "reco2file_and_channel":
        yield from _channel_faults(table)
    elif check:
        for row in table.rows:
            problem = check(row.value)
            if problem:
                yield Fault(table.name, row.line, f"{problem} for '{row.key}'")


def check_speaker_sorting(utt2spk: Scan) -> Iterator[Fault]:
    """Yield where ``utt2spk`` is not also sorted by speaker, as ``sort -k2 -C`` would."""
    previous = None
    for row in utt2spk.rows:
        if previous and (row.value, row.key) < (previous.value, previous.key):
            yield Fault(
                utt2spk.name,
                row.line,
                f"speaker '{row.value}' of '{row.key}' after '{previous.value}': sorting by utterance does not sort "
                "speakers; make the speaker id, followed by '-', the prefix of the utterance id",
            )
        previous = row


def check_speaker_prefixes(utt2spk: Scan) -> Iterator[Fault]:
    """Yield one warning when utterance ids do not begin with their speaker's."""
    rows = [row for row in utt2spk.rows if not row.key.startswith(row.value)]
    if rows:
        first = rows[0]
        message = (
            f"'{first.key}' does not begin with its speaker '{first.value}' ({len(rows)} such); Kaldi's tools "
            "are safest with speaker ids as prefixes"
        )
        yield Fault(utt2spk.name, first.line, message, fatal=False)


def check_inversion(utt2spk: Scan, spk2utt: Scan) -> Iterator[Fault]:
    """Yield where ``spk2utt`` is not, byte for byte, ``utt2spk`` inverted."""
    expected: dict[str, list[str]] = {}
    for row in utt2spk.rows:
        expected.setdefault(row.value, [row.value]).append(row.key)
    for row in spk2utt.rows:
        if row.key not in expected:
            yield Fault(spk2utt.name, row.line, f"speaker '{row.key}' is not in utt2spk")
        elif row.text != " ".join(expected[row.key]):
            yield Fault(spk2utt.name, row.line, f"'{row.key}' does not list its utterances of utt2spk: {_advice(row)}")
    listed = spk2utt.lines
    for speaker in expected:
        if speaker not in listed:
            yield Fault(spk2utt.name, 0, f"speaker '{speaker}' of utt2spk is missing; make it by utt2spk_to_spk2utt.py")


def _advice(row: Row) -> str:
    spaced = row.text != " ".join(row.text.split())
    return "single spaces are to stand between them" if spaced else "make spk2utt by utt2spk_to_spk2utt.py"


def _text_problems(row: Row, non_print: bool) -> Iterator[str]:
    space = re.search(r"[^\S\t\n\r ]", row.text)  # a carriage return is a fault of form already
    if space:
        yield f"the space character U+{ord(space[0]):04X}; only space and TAB may separate words"
    if not non_print and not row.value.isprintable():
        unprintable = [c for c in row.value if unicodedata.category(c) in ("Cc", "Cs", "Cn") and not c.isspace()]
        if unprintable:
            yield f"the unprintable character U+{ord(unprintable[0]):04X}"
    for word in RESERVED_WORDS:
        if word in row.value.split():
            yield f"the reserved word {word}"


def _channel_faults(table: Scan) -> Iterator[Fault]:
    for row in table.rows:
        channel = row.value.split()[-1]
        if channel == "1":
            yield Fault(table.name, row.line, f"channel 1 for '{row.key}'; A or B is usual", fatal=False)
        elif channel not in ("A", "B"):
            yield Fault(table.name, row.line, f"channel '{channel}' for '{row.key}'; it is A or B")


def _positive(value: str) -> str | None:
    return None if _number(value) > 0 else f"'{value}' is no duration above 0 s"


def _count(value: str) -> str | None:
    return None if (parse_count(value) or 0) > 0 else f"'{value}' is no count above 0"


def _gender(value: str) -> str | None:
    return None if value in ("m", "f") else f"'{value}' is neither m nor f"


def _warp(value: str) -> str | None:
    return None if 0.5 < _number(value) < 1.5 else f"'{value}' is no warp factor between 0.5 and 1.5"


def _f0_range(value: str) -> str | None:
    floor, ceiling, median = map(_number, value.split())
    return None if 0 < floor <= median <= ceiling else f"'{value}' is not 0 < floor <= median <= ceiling, in Hz"


def _mixture(value: str) -> str | None:
    fields = value.split()
    if len(fields) != 8:
        return f"{len(fields) + 1} fields where there are to be 9"
    _, start, gain, _, other_start, other_gain, samples, snr = fields
    places = [parse_count(text) for text in (start, other_start, samples)]
    right = None not in places and places[2] and all(map(math.isfinite, map(_number, (gain, other_gain, snr))))
    return None if right else f"'{value}' is no mixture"


def _number(text: str) -> float:
    """Return the number; NaN, which passes no comparison, for what is none or is infinite."""
    try:
        number = float(text)
    except ValueError:
        return float("nan")
    return number if abs(number) != float("inf") else float("nan")


_CHECKS: dict[str, Callable[[str], str | None]] = {
    "segments": lambda value: parse_segment(value)[1],
    "utt2dur": _positive,
    "reco2dur": _positive,
    "utt2num_frames": _count,
    "spk2gender": _gender,
    "spk2warp": _warp,
    "utt2warp": _warp,
    "spk2f0": _f0_range,
    "mixtures": _mixture,
    "reco2header": lambda value: None if parse_header(value) else f"'{value}' is no header",
}
