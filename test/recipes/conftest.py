"""Lets tests of recipes import from tools/, and what they share."""

import fcntl
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))


@pytest.fixture(scope="session")
def small_corpora(tmp_path_factory):
    """Return the folder of the small corpora of egs/dns/se1, which pytest's processes make once for all of them."""
    from small_se1 import make_small

    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    with open(root / "small_corpora.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_small(root / "small_corpora")
    return root / "small_corpora"


@pytest.fixture
def inside(recipe, monkeypatch):
    """Go where the paths in the tables of the module's recipe begin."""
    monkeypatch.chdir(recipe.folder)
    return recipe
