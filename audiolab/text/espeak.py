"""Synthetic speech by espeak-ng, for mini corpora; the library comes in the wheel ``espeakng-loader`` (GPL-3).

The library's state is global and what it says depends on what it has said before. So each list of lines is spoken in
order by a process of its own (`audiolab.text.espeak_worker`): the same list gives the same bytes.
"""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from audiolab.errors import AudiolabError, did_you_mean


@dataclass(frozen=True)
class Voice:
    """A voice: a language's file name (``en-us``, ``en``, ``fr``) and a variant, such as ``f2`` or ``Michael``."""

    language: str
    variant: str


@dataclass(frozen=True)
class Line:
    """What to say, and how.

    Attributes:
        text: Plain text.
        rate: Words a minute, 80 to 450.
        pitch: 0 to 100; 50 is the variant's own.
        pitch_range: 0 (monotone) to 100; 50 is the variant's own.
    """

    text: str
    rate: int = 175
    pitch: int = 50
    pitch_range: int = 50


def library_paths() -> tuple[Path, Path]:
    """Return the paths of espeak-ng's library and of its data folder.

    Raises:
        AudiolabError: The wheel is not installed.
    """
    try:
        loader = importlib.import_module("espeakng_loader")
    except ImportError as error:
        raise AudiolabError(
            "espeak-ng is missing, which speaks the mini corpora: pip install 'audiolab[mini]'"
        ) from error
    return Path(loader.get_library_path()), Path(loader.get_data_path())


def variants() -> list[str]:
    """Return the names of all voice variants that the library has."""
    return sorted(path.name for path in (library_paths()[1] / "voices" / "!v").iterdir())


def languages() -> list[str]:
    """Return the names of all languages that the library has, in lower case."""
    return sorted(path.name.lower() for path in (library_paths()[1] / "lang").rglob("*") if path.is_file())


def speak(voice: Voice, lines: Sequence[Line]) -> tuple[list[np.ndarray], int]:
    """Return one waveform for each line, in order (int16, mono), and the sampling rate (Hz).

    Raises:
        AudiolabError: espeak-ng is missing, does not know the voice or fails.
    """
    library, data = library_paths()
    # the library itself takes most unknown names for a default
    for what, name, known in (("language", voice.language, languages()), ("variant", voice.variant, variants())):
        if name not in known:
            raise AudiolabError(f"espeak-ng: unknown {what} '{name}'{did_you_mean(name, known)}")
    job = {
        "library": str(library),
        "data": str(data),
        "voice": asdict(voice),
        "lines": [asdict(line) for line in lines],
    }
    done = subprocess.run(
        [sys.executable, "-m", "audiolab.text.espeak_worker"], input=json.dumps(job).encode(), capture_output=True
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {done.returncode}"]
        raise AudiolabError(f"espeak-ng, voice {voice.language}+{voice.variant}: {said[-1].removeprefix('error: ')}")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as spoken:
        return np.split(spoken["samples"], np.cumsum(spoken["lengths"])[:-1]), int(spoken["rate"])


def speak_all(jobs: Sequence[tuple[Voice, Sequence[Line]]], nj: int) -> list[tuple[list[np.ndarray], int]]:
    """Return what `speak` gives for each of ``jobs``, in order; ``nj`` processes at a time."""
    with ThreadPoolExecutor(nj) as pool:
        return list(pool.map(lambda job: speak(*job), jobs))
