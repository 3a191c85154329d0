"""What all tests share: the option ``--fuzz_seconds``, mini corpora, networks' seed, modules such as ``fuzzing``."""

import fcntl
import hashlib
import os
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


@pytest.fixture(scope="session")
def mini_corpus(tmp_path_factory):
    """Return a function of name, sizes and seed that gives the folder of a mini corpus, which is only to be read.

    All of pytest's processes make it once together.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def made(name, sizes, seed=3):
        from audiolab.corpora.base import get_corpus

        (root / "corpora").mkdir(exist_ok=True)
        folder = root / "corpora" / f"{name}_{hashlib.sha256(f'{sizes} {seed}'.encode()).hexdigest()[:8]}"
        with open(folder.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return get_corpus(name).make_mini(folder, sizes, seed, 1)

    return made


@pytest.fixture(autouse=True)
def seeded():
    """Let networks begin with the same weights whichever tests ran before; nothing else takes global randomness."""
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
