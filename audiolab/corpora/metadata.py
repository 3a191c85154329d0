"""Tables of texts as LJSpeech and M-AILABS have them: ``<id>|<text>|<text with numbers and abbreviations written out>``."""

from __future__ import annotations

from pathlib import Path

from audiolab.errors import AudiolabError
from audiolab.textfile import read_lines

METADATA = "metadata.csv"


def read_metadata(path: Path) -> dict[str, str]:
    """Return id -> text, the written-out one where there is one.

    Raises:
        AudiolabError: A line that is not of two or three parts, an id that comes twice with different texts, or a text
            that is empty.
    """
    texts: dict[str, str] = {}
    for number, line in enumerate(read_lines(path, "this table of texts"), 1):
        if not line.strip():
            continue
        name, *columns = line.split("|")
        said = [" ".join(column.split()) for column in columns]
        if len(said) not in (1, 2) or not name.strip():
            raise AudiolabError(f"{path}:{number}: not <id>|<text>|<written-out text>; correct or remove the line")
        text = said[-1] or said[0]
        if not text:
            raise AudiolabError(f"{path}:{number}: '{name}' has an empty text; write what is said, or remove the line")
        if texts.setdefault(name.strip(), text) != text:
            raise AudiolabError(f"{path}:{number}: '{name}' comes twice, with different texts; remove one of the lines")
    return texts
