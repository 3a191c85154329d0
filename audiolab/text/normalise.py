"""Texts as they are compared: what two ways of writing the same words have in common."""

from __future__ import annotations

import re
import unicodedata


def normalise(text: str) -> str:
    """Return a text as it is compared, on both sides: NFKC, without case and punctuation, words apart by one space.

    >>> normalise("The  post-mortem, Mr. O’Neil said")
    "the post mortem mr o'neil said"
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    kept = "".join(char if char == "'" or unicodedata.category(char)[0] in "LMN" else " " for char in plain)
    return " ".join(re.sub(r"(?<!\w)'|'(?!\w)", " ", kept).split())
