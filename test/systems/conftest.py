"""Lets tests import ``examples``, ``feature_folder`` and ``logged_names``; arithmetic of wiring tests."""

import sys
from pathlib import Path

import pytest
import torch

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "data"), str(HERE.parent / "training")]


@pytest.fixture
def double(monkeypatch):
    """Double precision, also where a system asks for single (its losses, under autocast)."""
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
