"""What all tests share: the option ``--fuzz_seconds``, the seed of networks, modules such as ``fuzzing``."""

import sys

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--fuzz_seconds", type=float, default=0.0, metavar="N",
        help="let each fuzz test run for N seconds with new random input; 0: a few hundred cases, always the same ones",
    )  # fmt: skip


@pytest.fixture
def fuzz_seconds(request):
    return request.config.getoption("--fuzz_seconds")


@pytest.fixture(autouse=True)
def seeded():
    """Let networks begin with the same weights whichever tests ran before; nothing else takes global randomness."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
