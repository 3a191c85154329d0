"""How pyworld is loaded and what it must be given."""

from __future__ import annotations

import warnings
from types import ModuleType

import numpy as np


def pyworld() -> ModuleType:
    """Return the module pyworld without its warning about pkg_resources."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
        import pyworld
    return pyworld


def samples_for_world(wave: np.ndarray, rate: int, f0_floor: float) -> np.ndarray:
    """Return ``wave`` [N] as C-contiguous float64, followed by zeros when it is shorter than WORLD can analyse.

    Raises:
        ValueError: The wave is not one channel.
    """
    samples = np.ascontiguousarray(wave, dtype=np.float64)
    if samples.ndim != 1:
        raise ValueError(f"WORLD takes one channel, not an array of shape {samples.shape}")
    least = int(np.ceil(4 * rate / f0_floor))
    return samples if len(samples) >= least else np.pad(samples, (0, least - len(samples)))
