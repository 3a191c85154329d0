"""What ids tell: whether a file can be named by one, and that file's path; which sentence an utterance is."""

from __future__ import annotations

from pathlib import Path

from audiolab.errors import AudiolabError

LONGEST = 240
"""Bytes of a file's name with its ending: file systems take 255, of which a name that is being written needs some."""


def id_problem(name: str) -> str | None:
    """Return why no file can be named by an id, or None: it would lie elsewhere, or its name is too long.

    >>> id_problem("../a")
    "the id '../a' has a '/' in it, and files are named by ids"
    >>> id_problem("anna-001") is None
    True
    """
    for character, called in (("/", "'/'"), ("\0", "NUL character")):
        if character in name:
            return f"the id {name!r} has a {called} in it, and files are named by ids"
    if name in ("", ".", ".."):
        return f"the id {name!r} names a folder, and files are named by ids"
    if name.startswith("~"):
        return f"the id {name!r} begins with '~', which shells take for a home folder"
    size = len(name.encode(errors="surrogateescape"))
    if size > LONGEST:
        return f"the id '{name[:40]}…' has {size} bytes; files are named by ids, and a name has {LONGEST} at most"
    return None


def file_of(folder: str | Path, name: str, ending: str) -> Path:
    """Return the path of the file in ``folder`` that is named by the id ``name``.

    Args:
        folder: Where it lies.
        name: An id of a table, or made of some.
        ending: Of the file, with its dot.

    Raises:
        AudiolabError: The file would not lie in ``folder``, or its name would be too long.
    """
    problem = id_problem(name) or id_problem(name + ending)
    if problem:
        raise AudiolabError(f"{folder}: {problem}; give it another id")
    return Path(folder) / f"{name}{ending}"


def sentence_of(utterance: str) -> str:
    """Return what stands behind the last ``_`` of an utterance id; `AudiolabError` when there is none.

    >>> sentence_of("VCC2SF4_30001")
    '30001'
    """
    _, underscore, sentence = utterance.rpartition("_")
    if not underscore or not sentence:
        raise AudiolabError(f"utterance '{utterance}': its id does not end in _<sentence>")
    return sentence


def sentence_or_id(utterance: str) -> str:
    """Return `sentence_of` where there is one, else the id: corpora of speech as it was found have no sentences."""
    return utterance.rpartition("_")[2] or utterance
