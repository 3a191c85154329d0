"""What tests of several corpora look at: the bytes of a mini twin, and what a faulty corpus leads to."""

import hashlib
from contextlib import contextmanager

import pytest

from audiolab.errors import AudiolabError


def hashes(folder):
    """Return path below ``folder`` -> hash of each recording and each text."""
    paths = sorted(path for path in folder.rglob("*.*") if path.suffix.lower() in (".wav", ".flac", ".txt"))
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@contextmanager
def refused(message, folder):
    """Inside the block an error of one line that matches ``message`` must come, before ``folder`` is made."""
    with pytest.raises(AudiolabError, match=message) as caught:
        yield
    assert "\n" not in str(caught.value)
    assert not folder.exists()
