"""What is no tensor and travels with the weights."""

from __future__ import annotations

from typing import Any

from torch import nn


class Facts(nn.Module):
    """Plain values in a network's state dict: names of speakers, how features were made, a table of symbols.

    Attributes:
        values: Numbers, texts, lists and dicts, and nothing else: no file that audiolab reads may hold code.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}

    def get_extra_state(self) -> dict[str, Any]:
        """Return the values, for the state dict."""
        return self.values

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_extra_state` gave."""
        self.values = state
