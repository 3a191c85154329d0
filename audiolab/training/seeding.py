"""All that is random in a run follows from its seed and the place in the run, not from what was drawn before.

The trainer seeds PyTorch anew for each step, from the run's seed, the step and the process. So no random state has to
be stored, a resumed run draws what the uninterrupted one draws, and neither a validation nor a preflight in between
changes anything.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from audiolab.training.system import System

INIT, SETUP, EPOCH, STEP, VALID = range(5)
"""What a seed is for; the second word of its key."""


def derive(*key: int) -> int:
    """Return a 63-bit seed that mixes the numbers of ``key`` (none negative)."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0] >> 1)


def seed_torch(*key: int) -> None:
    """Seed PyTorch's generators, on the CPU and on all GPUs, from the numbers of ``key``."""
    torch.manual_seed(derive(*key))


def build(cls: type[System], config: Any) -> System:
    """Return a new system of ``config`` (a run's), its initial weights drawn from the run's seed alone."""
    with torch.random.fork_rng():
        seed_torch(config.seed, INIT)
        return cls(config.system_conf)
