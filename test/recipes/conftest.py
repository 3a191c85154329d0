"""Lets tests of recipes import from tools/, and what they share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))


@pytest.fixture
def inside(recipe, monkeypatch):
    """Go where the paths in the tables of the module's recipe begin."""
    monkeypatch.chdir(recipe.folder)
    return recipe
