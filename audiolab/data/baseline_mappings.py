"""The baselines by name, as mappings of mel envelopes. Loads no torch, so that jobs can be listed at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

BASELINES: dict[str, Callable[[Any, Any, Any], Any]] = {
    "unconverted": lambda feats, x, y: feats,
    "mean_shift": lambda feats, x, y: feats - x.mean + y.mean,
    "mean_variance": lambda feats, x, y: (feats - x.mean) / x.std * y.std + y.mean,
}
"""Name -> function of features [T, bands] and the `audiolab.data.speakers.SpeakerStatistics` of speakers X and Y."""
