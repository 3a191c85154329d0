"""What a metric says of an utterance for which it is not defined."""

from __future__ import annotations


class Refusal(Exception):
    """A metric is not defined for this utterance; the message says why."""
