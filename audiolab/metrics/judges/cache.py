"""What judges said is kept, a file a verdict: the same signal is not judged again by the same release."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.errors import AudiolabError
from audiolab.files import atomic_write
from audiolab.metrics.judges.judge import Judge
from audiolab.metrics.refusal import Refusal
from audiolab.textfile import read_json

NO_VERDICT = "no verdict of a judge; remove it, and it is judged again"


@dataclass(frozen=True)
class Verdict:
    """What a judge said of a signal: ``value``, or None and why it has nothing to say."""

    value: Any
    refused: str = ""


@dataclass(frozen=True)
class Cache:
    """A folder of verdicts, ``<judge>/<hash>.json``; several processes may read and write it, and be killed.

    The hash is that of the samples and of `Judge.version`: a signal is known again under every name.
    """

    folder: Path

    def verdict(self, judge: Judge, wave: np.ndarray) -> Verdict:
        """Return what a judge says of a signal, [N] at `audiolab.metrics.judges.judge.RATE`; kept, it is not asked.

        Raises:
            AudiolabError: What is kept cannot be read, or what is new not be kept.
        """
        samples = np.ascontiguousarray(wave, dtype="<f4")
        key = hashlib.sha256(f"{judge.version}\0".encode() + samples.tobytes()).hexdigest()
        path = self.folder / judge.name / f"{key}.json"
        if path.is_file():
            return _read(path)
        verdict = _ask(judge, samples)
        with atomic_write(path) as file:
            json.dump({"version": judge.version, "value": verdict.value, "refused": verdict.refused}, file)
        return verdict


def _ask(judge: Judge, wave: np.ndarray) -> Verdict:
    try:
        return Verdict(judge.measure(wave))
    except Refusal as refusal:
        return Verdict(None, str(refusal))
    except (ImportError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise AudiolabError(f"{judge.title} cannot be loaded: {reason}; install it again, or leave it out") from error


def _read(path: Path) -> Verdict:
    try:
        kept = read_json(path)
        verdict = Verdict(kept["value"], kept["refused"])
    except (AudiolabError, KeyError) as error:
        raise AudiolabError(f"{path}: {NO_VERDICT}") from error
    if not isinstance(verdict.refused, str) or (verdict.value is None) != bool(verdict.refused):
        raise AudiolabError(f"{path}: {NO_VERDICT}")
    return verdict
