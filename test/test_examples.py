"""The examples in docstrings do what they say."""

import doctest
import importlib
from pathlib import Path

import pytest

import audiolab

ROOT = Path(audiolab.__file__).parent
MODULES = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("module", MODULES)
def test_examples(module):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted
    assert not found.failed
