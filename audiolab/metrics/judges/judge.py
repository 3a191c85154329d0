"""What a judge is: a trained model, from a package of others, that says something of one signal."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

RATE = 16000
"""Hz; what all judges listen to."""

INSTALL = "tools/install.sh adds the extra 'judges'"


class Judge(Protocol):
    """A judge; it is small, and can be given to another process: its model is loaded when it first measures.

    Attributes:
        name: By which it is asked for.
        title: What it judges, for messages.
        modules: Modules that it imports.
        packages: Packages whose releases its verdicts depend on.
    """

    name: str
    title: str
    modules: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def version(self) -> str:
        """What its verdicts depend on, but for the signal."""
        ...

    def measure(self, wave: np.ndarray) -> Any:
        """Return what it says of a signal, [N] at `RATE`: what JSON can hold.

        Raises:
            Refusal: It has nothing to say of it, with the reason.
        """
        ...


def missing(judge: Judge | type[Judge]) -> list[str]:
    """Return which of a judge's modules are not installed."""
    return [module for module in judge.modules if not is_installed(module)]


def is_installed(module: str) -> bool:
    """Return whether there is a module of that name, which is not imported."""
    return find_spec(module) is not None


@lru_cache(maxsize=8)
def releases(packages: tuple[str, ...]) -> str:
    """Return packages with their versions, such as ``speechmos 0.0.1.1, onnxruntime 1.32.0``."""
    return ", ".join(f"{package} {version(package)}" for package in packages)
