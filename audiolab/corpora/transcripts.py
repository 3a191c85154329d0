"""Transcripts in files of their own, one an utterance."""

from __future__ import annotations

import logging
from pathlib import Path

from audiolab.errors import AudiolabError
from audiolab.textfile import decode, read_bytes


def read_transcript(path: Path) -> str:
    """Return a transcript's words, apart by one space; one that is not UTF-8 is taken for Windows-1252, and said so.

    Raises:
        AudiolabError: It cannot be read, or is text in neither encoding.
    """
    data = read_bytes(path, "this transcript")
    try:
        return " ".join(decode(data, path).split())
    except AudiolabError as error:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise error from None
        if "\0" in text:
            raise
    logging.warning("%s: not UTF-8, read as Windows-1252", path)
    return " ".join(text.split())
