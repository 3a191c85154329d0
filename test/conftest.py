"""What all tests share: the option ``--fuzz_seconds``, and the folder from which ``fuzzing`` is imported."""

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--fuzz_seconds", type=float, default=0.0, metavar="N",
        help="let each fuzz test run for N seconds with new random input; 0: a few hundred cases, always the same ones",
    )  # fmt: skip


@pytest.fixture
def fuzz_seconds(request):
    return request.config.getoption("--fuzz_seconds")
