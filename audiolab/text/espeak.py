"""espeak-ng's speech and phones; the library comes in the wheel ``espeakng-loader`` (GPL-3).

The library's state is global and what it says depends on what it has said before. So each list of lines is spoken in
order by a process of its own (`audiolab.text.espeak_worker`): the same list gives the same bytes.
"""

from __future__ import annotations

import importlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from audiolab.errors import AudiolabError, did_you_mean, shown
from audiolab.text.spoken import Spoken, words_of

_RANK = 5
"""Of a language in one of the library's files that states none; the lowest is the best."""


@dataclass(frozen=True)
class Voice:
    """A voice: a language's file name (``en-us``, ``en``, ``fr``), and a variant (``f2``, ``Michael``) or none."""

    language: str
    variant: str = ""


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
            "espeak-ng is missing, which speaks the mini corpora and knows phones: pip install 'audiolab[mini]'"
        ) from error
    return Path(loader.get_library_path()), Path(loader.get_data_path())


def variants() -> list[str]:
    """Return the names of all voice variants that the library has."""
    return sorted(path.name for path in (library_paths()[1] / "voices" / "!v").iterdir())


def languages() -> list[str]:
    """Return the names of all languages that the library has, in lower case."""
    return sorted(path.name.lower() for path in (library_paths()[1] / "lang").rglob("*") if path.is_file())


def language_files() -> dict[str, str]:
    """Return code of a language (``en-gb``, ``pt-br``, ``zh``) -> the name in `languages` that speaks it best."""
    ranked: dict[str, tuple[int, int, str]] = {}
    for path in (library_paths()[1] / "lang").rglob("*"):
        if path.is_file():
            name = path.name.lower()
            for code, rank in re.findall(r"^language\s+(\S+)(?:[ \t]+(\d+))?", path.read_text("latin-1"), re.MULTILINE):
                best = (int(rank or _RANK), len(name), name)
                ranked[code.lower()] = min(ranked.get(code.lower(), best), best)
    return {code: name for code, (_, _, name) in ranked.items()}


def speak(voice: Voice, lines: Sequence[Line]) -> tuple[list[np.ndarray], int]:
    """Return one waveform for each line, in order (int16, mono), and the sampling rate (Hz).

    Raises:
        AudiolabError: espeak-ng is missing, does not know the voice or fails.
    """
    waves, rate, _ = _run(voice, lines, phones=False)
    return waves, rate


def speak_words(voice: Voice, lines: Sequence[Line]) -> tuple[list[Spoken], int]:
    """Return what is said for each line, in order, with its words of phones and their times, and the rate (Hz).

    Raises:
        AudiolabError: As `speak`.
    """
    waves, rate, said = _run(voice, lines, phones=True)
    return [Spoken(wave, words_of(line["clauses"], line["events"], len(wave))) for wave, line in zip(waves, said)], rate


def _run(voice: Voice, lines: Sequence[Line], phones: bool) -> tuple[list[np.ndarray], int, list[dict[str, Any]]]:
    """Return the waveforms, their rate, and with ``phones`` what `espeak_worker` tells of each line."""
    library, data = library_paths()
    # the library itself takes most unknown names for a default
    known = {"language": languages(), "variant": [*variants(), ""]}
    for what, names in known.items():
        name = getattr(voice, what)
        if name not in names:
            raise AudiolabError(f"espeak-ng: unknown {what} '{name}'{did_you_mean(name, filter(None, names))}")
    for line in lines:
        if "\0" in line.text:  # where the library would end
            raise AudiolabError(f"espeak-ng: {shown(line.text)} has a NUL character; remove it")
    job = {
        "library": str(library),
        "data": str(data),
        "voice": asdict(voice),
        "lines": [asdict(line) for line in lines],
        "phones": phones,
    }
    done = subprocess.run(
        [sys.executable, "-m", "audiolab.text.espeak_worker"], input=json.dumps(job).encode(), capture_output=True
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"it ended with {done.returncode}"]
        name = "+".join(filter(None, (voice.language, voice.variant)))
        raise AudiolabError(f"espeak-ng, voice {name}: {said[-1].removeprefix('error: ')}")
    with np.load(io.BytesIO(done.stdout), allow_pickle=False) as spoken:
        waves = np.split(spoken["samples"], np.cumsum(spoken["lengths"])[:-1])
        return waves, int(spoken["rate"]), json.loads(spoken["said"].tobytes())
