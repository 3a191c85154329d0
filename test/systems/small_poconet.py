"""A small PoCoNet and noise, for tests of its network."""

import torch

from audiolab.systems.poconet.config import PoCoNetConfig
from audiolab.systems.poconet.separator import Separator

SMALL = {"n_fft": 64, "hop": 16, "levels": 4, "first_channels": 4, "max_channels": 8, "embeddings": 6}


def small(**options):
    """Return a separator that has seen nothing, ready for use."""
    torch.manual_seed(0)
    return Separator(PoCoNetConfig(**SMALL | options)).eval()


def noise(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
