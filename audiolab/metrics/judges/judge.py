"""What a judge is: a trained model, from a package of others, that says something of one signal."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from audiolab.metrics.refusal import Refusal

RATE = 16000
"""Hz; what all judges listen to."""

LEVEL_DB = -30.0
"""RMS in dB of full scale at which judges listen who hear the level too."""

SILENT_DB = -120.0
"""RMS in dB of full scale below which there is nothing to be heard."""

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


def at_level(wave: np.ndarray) -> np.ndarray:
    """Return a signal, [N], as a file of it would be, clipped to full scale, but at `LEVEL_DB`.

    DNSMOS and GE2E hear power: the same recording has an OVRL of 3.16 at -30 dB and of 2.73 at -15 dB, and a speaker
    is .1 less like himself there. The level is no matter of a method, so it is taken away (RemixIT's authors do that
    before DNSMOS, too). The mean counts as no sound.

    Raises:
        Refusal: The signal is empty or silent.
    """
    if not len(wave):
        raise Refusal("it is empty")
    heard = np.clip(wave, -1.0, 1.0)
    heard = heard - heard.mean(dtype=np.float64)
    rms = float(np.sqrt(np.mean(np.square(heard, dtype=np.float64))))
    if not rms >= 10 ** (SILENT_DB / 20):  # NaN is none either
        raise Refusal("it is silent")
    return np.clip(heard * (10 ** (LEVEL_DB / 20) / rms), -1.0, 1.0).astype(np.float32)


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
