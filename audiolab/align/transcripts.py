"""The table ``phones`` of a data dir: what is said in each utterance, and where a pause is or may be."""

from __future__ import annotations

import itertools

from audiolab.errors import AudiolabError
from audiolab.text.structure import BOUNDARY, PAUSE, SILENCE

SIL, PAU, MAYBE = SILENCE, PAUSE, BOUNDARY
"""Silence at the ends, a pause, and where a pause may be: no phone has such a symbol."""


def parse_phones(value: str, where: str) -> tuple[str, ...]:
    """Return the symbols of an utterance: ``sil``, its phones with ``pau`` and `MAYBE` between them, ``sil``.

    Args:
        value: What stands behind the utterance's id.
        where: Table and utterance, for messages.

    Raises:
        AudiolabError: It does not begin and end with ``sil``, has it elsewhere, has no phone, or two pauses in a row.
    """
    symbols = tuple(value.split())
    if len(symbols) < 3 or symbols[0] != SIL or symbols[-1] != SIL:
        raise AudiolabError(f"{where}: must be 'sil', phones, 'sil'; make the table again with analyse_text")
    apart = {SIL, PAU, MAYBE}
    for number, (before, after) in enumerate(itertools.pairwise(symbols), 2):
        if before in apart and after in apart:
            raise AudiolabError(
                f"{where}: '{before}' and '{after}' stand side by side (symbol {number}); there must be phones between"
            )
        if after == SIL and number < len(symbols):
            raise AudiolabError(f"{where}: 'sil' in the middle (symbol {number}); a pause there is 'pau'")
    return symbols
