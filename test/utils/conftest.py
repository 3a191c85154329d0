"""Lets tests import ``calls``, and runs what a test's ``start`` starts."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))


@pytest.fixture
def run(start):
    """Return a function that runs the program to its end; gives (exit status, standard error)."""

    def finish(*args, **env):
        process = start(*args, **env)
        out, said = process.communicate(timeout=30)
        assert out == ""
        return process.returncode, said

    return finish
