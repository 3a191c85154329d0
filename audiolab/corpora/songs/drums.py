"""Drums: a kit whose sounds are drawn, and patterns of bars with fills and cymbals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audiolab.corpora.noise_tools import decay, on_time_line, shaped_noise
from audiolab.corpora.songs.score import Score

_FOUR = (
    {"kick": "x.......x.x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
    {"kick": "x...x...x...x...", "snare": "....x.......x...", "hat": "..x...x...x...x."},
    {"kick": "x.........x.....", "snare": "........x.......", "hat": "xxx.xxx.xxx.xxx."},
    {"kick": "x..x..x...x.....", "snare": "....x..x.x..x...", "hat": "x.x.x.x.x.x.x.x."},
    {"kick": "x.....x.x.......", "snare": "....x.......x..x", "hat": "x...x...x...x..."},
)
_THREE = (
    {"kick": "x...........", "snare": "....x...x...", "hat": "x.x.x.x.x.x."},
    {"kick": "x.....x.....", "snare": "........x...", "hat": "x...x...x..."},
)
"""Patterns of a bar in quarters of a beat, of four beats and of three."""

_PANS = {"kick": 0.0, "snare": 0.1, "hat": -0.4, "crash": 0.5}
_LEVELS = {"kick": 1.0, "snare": 0.7, "hat": 0.22, "crash": 0.35}


def drum_lines(score: Score, rate: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the sound of each drum, float64 [N], and where it stands, -1 (left) to 1 (right)."""
    kit = _kit(rng, rate)
    patterns = _FOUR if score.beats == 4 else _THREE
    verse, chorus = (patterns[int(rng.integers(len(patterns)))] for _ in range(2))
    swing = float(rng.choice([0.0, 0.0, 0.0, 0.15, 0.3]))
    hits: dict[str, list[tuple[float, float]]] = {name: [] for name in kit}
    for bar in range(len(score.chords)):
        pattern = chorus if bar // 8 % 2 else verse
        fill = bar % 4 == 3 and rng.uniform() < 0.5
        for name, marks in pattern.items():
            if fill and name == "snare":
                marks = marks[:-4] + "xxxx"
            hits[name] += [(4 * score.beats * bar + place, 0.0) for place, mark in enumerate(marks) if mark == "x"]
        if bar % 8 == 0 and bar:
            hits["crash"].append((4 * score.beats * bar, 0.0))
    mirror = rng.choice([-1, 1])
    for name, sound in kit.items():
        steps = np.array([step for step, _ in hits[name]])
        late = swing * (steps % 2) + rng.normal(0, 0.02, len(steps))
        starts = np.maximum((steps + late) * score.beat / 4 * rate, 0).astype(int)
        gains = _LEVELS[name] * 10 ** (rng.uniform(-3, 1, len(steps)) / 20)
        yield (
            on_time_line(round(score.seconds * rate), ((s, g * sound) for s, g in zip(starts, gains))),
            (mirror * _PANS[name]),
        )


def _kit(rng: np.random.Generator, rate: int) -> dict[str, np.ndarray]:
    """Return the sound of each drum, of peak 1."""
    kit = {"kick": _kick(rng, rate), "snare": _snare(rng, rate), "hat": _metal(rng, rate, rng.uniform(0.04, 0.12)),
           "crash": _metal(rng, rate, rng.uniform(0.9, 1.6))}  # fmt: skip
    return {name: sound / np.max(np.abs(sound)) for name, sound in kit.items()}


def _kick(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Return a membrane whose pitch falls within some hundredths of a second, and the click of the beater."""
    fall = decay(rate, rng.uniform(0.25, 0.5))
    time = np.arange(len(fall)) / rate
    low, sweep = rng.uniform(42, 62), rng.uniform(2, 5)
    phase = 2 * np.pi * low * (time + sweep * 0.03 * (1 - np.exp(-time / 0.03)))
    click = rng.standard_normal(len(fall)) * np.exp(-time / 0.003) * rng.uniform(0.05, 0.3)
    return fall * np.sin(phase) + click


def _snare(rng: np.random.Generator, rate: int) -> np.ndarray:
    """Return a membrane and the rattling of the wires under it."""
    fall = decay(rate, rng.uniform(0.15, 0.3))
    time = np.arange(len(fall)) / rate
    skin = np.sin(2 * np.pi * rng.uniform(160, 240) * time) * np.exp(-time / 0.05)
    bright = rng.uniform(3000, 6000)
    wires = shaped_noise(rng, len(fall), rate, ((150, -25), (900, -6), (bright, 0), (2 * bright, -8)))
    return fall * (skin + rng.uniform(0.3, 0.8) * wires)


def _metal(rng: np.random.Generator, rate: int, seconds: float) -> np.ndarray:
    """Return a cymbal that rings for so long: high noise with some partials."""
    fall = decay(rate, seconds, attack=0.0005)
    edge = rng.uniform(4000, 7000)
    hiss = shaped_noise(rng, len(fall), rate, ((edge / 4, -40), (edge, 0), (2.5 * edge, -3)))
    partials = rng.uniform(0.6, 1.1, 6) * edge
    ring = np.sin(2 * np.pi * partials[:, None] * np.arange(len(fall)) / rate + rng.uniform(0, 6, (6, 1)))
    return fall * (hiss + 0.3 * ring.sum(axis=0))
