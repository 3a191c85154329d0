"""Which set a speaker or a noise belongs to, where a corpus does not say so itself.

The name alone decides, by its hash. So a speaker's set stays the same whatever else is there, in a part of the corpus
as in the whole; and what is held out by one recipe is held out by all.
"""

from __future__ import annotations

import hashlib

SETS = ("train", "valid", "test")

SHARES = {"test": 0.1, "valid": 0.1}
"""Shares of the names that are held out; the rest is for training."""

_SALT = "6886"
"""Hashed with each name. It was looked for so that M-AILABS, which has as few as three readers a language, has some of
each language in every set, and those who read most in training."""


def set_of(name: str) -> str:
    """Return ``train``, ``valid`` or ``test``."""
    return place(name, _SALT)


def place(name: str, salt: str) -> str:
    """Return the set that the hash of ``salt`` and ``name`` gives."""
    number = int.from_bytes(hashlib.sha256(f"{salt}/{name}".encode()).digest()[:8], "big") / 2**64
    for held_out, share in SHARES.items():
        if number < share:
            return held_out
        number -= share
    return "train"
