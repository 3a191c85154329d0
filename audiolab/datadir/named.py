"""Data dirs that options name: ``NAME=DIR``."""

from __future__ import annotations

from collections.abc import Sequence

from audiolab.datadir.datadir import DataDir
from audiolab.errors import AudiolabError


def parse_named_dirs(texts: Sequence[str], option: str) -> dict[str, list[DataDir]]:
    """Return name -> data dirs from ``NAME=DIR`` texts; a name that stands more than once has several.

    Args:
        texts: What an option was given.
        option: The option, for messages.

    Raises:
        AudiolabError: A text is not of this form, or there is no such folder.
    """
    named: dict[str, list[DataDir]] = {}
    for text in texts:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            raise AudiolabError(f"{option}: '{text}' is not NAME=DIR, a name and a data dir")
        named.setdefault(name, []).append(DataDir(folder))
    return named
