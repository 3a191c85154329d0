"""What benchmarks share: signals given on the command line or speech-like synthetic ones, times, tables."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audiolab import cli
from audiolab.datadir.audio import read_excerpt
from audiolab.errors import AudiolabError
from audiolab.synthesis.speechlike import speech_like

RATE = 16000
SUFFIXES = {".wav", ".flac", ".ogg", ".mp3"}


def parse(prog: str, description: str, add: Callable[[cli.ArgumentParser], object] = lambda parser: None) -> Any:
    """Return what a benchmark's command line asks for: ``paths`` and ``seconds``, as of `signals`, and ``repeats``.

    Args:
        prog: Its name.
        description: What it does.
        add: Adds options of its own.
    """
    parser = cli.ArgumentParser(prog=prog, description=description)
    parser.add_argument("paths", nargs="*", help="audio files, or folders of one speaker's; none: synthetic signals")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each signal")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each, of which the fastest counts")
    add(parser)
    return parser.parse_args()


def signals(paths: Sequence[str], seconds: float) -> dict[str, np.ndarray]:
    """Return signals by name, each of at most ``seconds`` at 16 kHz.

    Args:
        paths: Audio files, or folders of one speaker's audio files, which are joined; none for two synthetic speakers.
        seconds: Length of each.
    """
    if not paths:
        generator = np.random.default_rng(0)
        return {f"speech-like, {f0} Hz": speech_like(seconds, RATE, f0, generator) for f0 in (110, 210)}
    return {Path(path).name: _joined(Path(path), round(seconds * RATE)) for path in paths}


def best_time(function: Callable[[], object], repeats: int, now: Callable[[], float] = time.perf_counter) -> float:
    """Return the shortest time of ``repeats`` calls, in seconds of ``now``, after one to warm up."""
    function()
    times = []
    for _ in range(repeats):
        start = now()
        function()
        times.append(now() - start)
    return min(times)


def cpu_time(function: Callable[[], object], repeats: int) -> float:
    """Return the shortest CPU time of ``repeats`` calls, in seconds."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def memory(name: str) -> float:
    """Return a value of ``/proc/self/status`` in MiB."""
    return int(re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))[1]) / 1024


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a Markdown table."""
    widths = [max(map(len, column)) for column in zip(header, *rows)]
    for row in (header, ["-" * width for width in widths], *rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")


def _joined(path: Path, samples: int) -> np.ndarray:
    files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES) if path.is_dir() else [path]
    parts, length = [], 0
    for file in files:
        parts.append(read_excerpt(file, RATE, channels="mix"))
        length += len(parts[-1])
        if length >= samples:
            break
    if not parts:
        raise AudiolabError(f"{path}: no audio file in this folder ({', '.join(sorted(SUFFIXES))})")
    return np.concatenate(parts)[:samples].astype(np.float64)
