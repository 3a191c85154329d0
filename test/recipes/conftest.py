"""Lets tests of recipes import from tools/, and what they share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))


@pytest.fixture(scope="session")
def small_corpora(mini_corpus):
    """Return a function that lets small corpora, name -> sizes, lie where a recipe's ``db_root`` is downloads/small."""

    def lay(recipe, corpora):
        (recipe / "downloads/small").mkdir(parents=True)
        for name, sizes in corpora.items():
            (recipe / "downloads/small" / name).symlink_to(mini_corpus(name, sizes, 0))

    return lay


@pytest.fixture
def inside(recipe, monkeypatch):
    """Go where the paths in the tables of the module's recipe begin."""
    monkeypatch.chdir(recipe.folder)
    return recipe
