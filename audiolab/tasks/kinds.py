"""The kinds of scores that there are tables for; of which kind a ``scores.csv`` is, its header tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from audiolab.errors import AudiolabError
from audiolab.metrics.scores import read_lines
from audiolab.tasks.results import Tables
from audiolab.tasks.se import tables as se
from audiolab.tasks.vc import tables as vc

KINDS: tuple[Tables[Any, Any], ...] = (vc.TABLES, se.TABLES)


def kind_of(path: str | Path) -> Tables[Any, Any]:
    """Return the tables for the scores in a ``scores.csv``.

    Raises:
        AudiolabError: The file is missing, or its header is that of no kind.
    """
    commands = " or ".join(kind.layout.made_by for kind in KINDS)
    lines = read_lines(path, commands)
    header = tuple(lines[0][1]) if lines else ()
    found = {kind.layout.columns: kind for kind in KINDS}
    if header not in found:
        raise AudiolabError(f"{path}:1: the columns are not those of {commands}; score again")
    return found[header]
