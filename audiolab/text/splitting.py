"""Text of any length, cut into sentences as it comes."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from audiolab.errors import AudiolabError

LONGEST = 500
"""Characters of a sentence, at most; a longer one is cut where it best may be."""

_BLOCK = 1 << 12
"""Bytes that are read at a time."""

_ENDS = re.compile(r"""(?P<mark>[.!?…]+)["'”’»›)\]]*\s+(?=\S)|\n[^\S\n]*\n\s*""")
"""What may end a sentence, and what is behind it; an empty line does."""

_CUTS = (re.compile(r"[,;:—–]\s"), re.compile(r"\s"))
"""Where a sentence that is too long is cut: at the last of the first kind, or else of the second."""

_WORD = re.compile(r"[^\s(\[\"'“„‚‘«‹¿¡]*$")
_LOOK = 40
"""Characters before a full stop that are looked at."""


def split_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the sentences of a text as soon as they are known, each with single spaces in place of white space.

    A sentence ends at ``.``, ``!``, ``?`` or ``…`` with white space behind, unless a small letter follows, and at an
    empty line. A full stop ends none behind a number of one or two digits, a single letter, a word with a full stop in
    it, and one without vowels: "3. Mai", "z.B.", "Mr. Smith". What has no letter and no digit is left out.

    Args:
        pieces: The text, in pieces of any length. No more is held than a piece and `LONGEST` characters.
    """
    text = ""
    for piece in pieces:
        text += piece
        while (end := _end_of_first(text)) is not None:
            yield from _told(text[:end])
            text = text[end:]
    yield from _told(text)


def read_pieces(path: str | Path) -> Iterator[str]:
    """Yield a text file piece by piece; it may be a FIFO, or what is piped in (``/dev/stdin``).

    Raises:
        AudiolabError: It cannot be read, or is not UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        with open(path, "rb", buffering=0) as file:
            while block := file.read(_BLOCK):
                yield decoder.decode(block).replace("\r\n", "\n")
            yield decoder.decode(b"", final=True)
    except OSError as error:
        raise AudiolabError(f"{path}: cannot read this text: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AudiolabError(f"{path}: not UTF-8; save it as UTF-8") from error


def _told(text: str) -> Iterator[str]:
    if any(character.isalnum() for character in text):
        yield " ".join(text.split())


def _end_of_first(text: str) -> int | None:
    """Return where the first sentence ends, with what is behind it; None where more must be read."""
    for found in _ENDS.finditer(text, 0, LONGEST + 1):  # no further: a run of marks is gone through again from each
        if found.end() > LONGEST:
            break
        if found["mark"] is None or _ends(text, found):
            return found.end()
    if len(text) <= LONGEST:
        return None
    for cut in _CUTS:
        places = [found.end() for found in cut.finditer(text, 0, LONGEST)]
        if places:
            return places[-1]
    return LONGEST


def _ends(text: str, found: re.Match[str]) -> bool:
    """Return whether a mark of punctuation ends a sentence."""
    if text[found.end()].islower():
        return False
    word = _WORD.search(text[max(0, found.start() - _LOOK) : found.start()])[0]
    return found["mark"] != "." or not _is_abbreviation(word)


def _is_abbreviation(word: str) -> bool:
    letters = [letter for letter in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(letter)]
    if "." in letters or re.fullmatch(r"[0-9]{1,2}|[^\W\d_]", word):
        return True
    return bool(letters) and all("a" <= letter <= "z" and letter not in "aeiouy" for letter in letters)
