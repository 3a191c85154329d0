"""Whose a recording of the DNS challenge's clean speech is, by where it lies and what it is called.

The challenge's languages are other corpora, each with names of its own (M-AILABS, AISHELL-1, THCHS-30, OpenSLR 39 and
61 to 75, the German Wikipedia's spoken articles), resampled and sometimes cut (``_seg_3``).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import PurePath

_READER = re.compile(r"book_\d+_chp_\d+_reader_(\d+)_.+")

_BY_NAME = (
    re.compile(r"BAC\d+(S\d{4})W\d+.*"),  # AISHELL-1
    re.compile(r"([A-D]\d{1,2})_\d{1,3}"),  # THCHS-30
    re.compile(r"German_Wikipedia_(.+?)_audio.*"),  # an article, read by one person
    re.compile(r"SLR39_.*-([a-z]+\d+)_s\d+.*"),  # OpenSLR 39: native-f-Mexico-…-mgh8170_s12
    re.compile(r"(SLR39_\d+)_\d+.*"),  # OpenSLR 39, answers
    re.compile(r".*?([a-z]{3}_\d{5})_\d{6,}.*"),  # OpenSLR 61, 71 to 75: arf_03397_01665251952
)
"""File names that tell the speaker."""


def reader_of(stem: str) -> str | None:
    """Return the reader's number in the name of English read speech, None where it has none.

    >>> reader_of("book_00000_chp_0009_reader_06709_11")
    '06709'
    """
    found = _READER.fullmatch(stem)
    return found[1] if found else None


def speaker_of(parts: Sequence[str]) -> str:
    """Return the speaker of a recording in another language.

    M-AILABS has the reader's folder (``…/female/<reader>/<book>/wavs``); where several read a book
    (``…/mix/<book>/wavs``) the book stands for a speaker. Then the file's name is asked, as far as its corpus is
    known. Otherwise all that lies in one folder counts as one speaker's, so that nobody is in two sets.

    Args:
        parts: The path below the language's folder; the last is the file's name.

    >>> speaker_of(["M-AILABS_Speech_Dataset", "it_IT_128hrs_16k", "mix", "novelle_02", "wavs", "novelle_02_f0039.wav"])
    'mix_novelle_02'
    """
    *folders, name = parts
    for kind, inside in itertools.pairwise(folders):
        if kind in ("female", "male"):
            return inside
        if kind == "mix":
            return f"mix_{inside}"
    stem = PurePath(name).stem
    found = next(filter(None, (pattern.fullmatch(stem) for pattern in _BY_NAME)), None)
    if found:
        return found[1]
    return "/".join(folder for folder in folders if folder not in ("data", "wavs")) or "unknown"
