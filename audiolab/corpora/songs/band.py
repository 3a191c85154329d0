"""The band: who plays in a song, and what; drums, bass and further instruments, in stereo."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audiolab.corpora.songs.drums import drum_lines
from audiolab.corpora.songs.instruments import Played, Sound, held, play, plucked
from audiolab.corpora.songs.score import Score

_BASSES = ("1.......", "1.1.1.1.", "11111111", "1..1..5.", "1...5...", "1..15.1.")
"""Patterns of a bar in halves of a beat: the chord's root, its fifth, a rest."""

_LOWEST = {"bass": 28, "chords": 52, "lead": 64}
"""MIDI note number from which on an octave is used."""


def play_band(score: Score, rate: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return drums, bass and other, float64 [N, 2] each, of RMS 1."""
    samples = round(score.seconds * rate)
    stems = {"drums": sum(panned(line, pan) for line, pan in drum_lines(score, rate, rng))}
    bass = play(_bass_sound(rng), _bass_notes(score, rng), samples, rate)
    stems["bass"] = panned(bass, 0.0)
    stems["other"] = sum(_others(score, samples, rate, rng))
    return {name: stem / np.sqrt(np.mean(stem**2)) for name, stem in stems.items()}


def panned(line: np.ndarray, place: float) -> np.ndarray:
    """Return a sound [N] in stereo, [N, 2], at a place from -1 (left) to 1 (right), always of the same energy."""
    angle = (place + 1) * np.pi / 4
    return line[:, None] * np.array([np.cos(angle), np.sin(angle)])


def _others(score: Score, samples: int, rate: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield the sound in stereo of two or three instruments."""
    first, second = rng.permutation(len(_PARTS))[:2]
    side = rng.uniform(0.2, 0.7) * rng.choice([-1, 1])
    parts = [(*_PARTS[first](score, rng), side), (*_PARTS[second](score, rng), -side)]
    if rng.uniform() < 0.5:
        parts.append((*_answers(score, rng), rng.uniform(-0.3, 0.3)))
    for sound, notes, wide, place in parts:
        if not notes:
            continue
        if wide:
            sides = [play(sound, notes, samples, rate, cents) for cents in (-wide, wide)]
            stereo = np.stack(sides, axis=1)
        else:
            stereo = panned(play(sound, notes, samples, rate), place)
        yield stereo / np.sqrt(np.mean(stereo**2)) * 10 ** (rng.uniform(-4, 2) / 20)


Part = tuple[Sound, list[Played], float]
"""An instrument, its notes, and by how many cents its left and right are out of tune; 0: it stands at one place."""


def _pad(score: Score, rng: np.random.Generator) -> Part:
    """Strings: each bar's chord, held."""
    sound = held(rng.uniform(1.0, 1.8), rng.uniform(0.05, 0.3))
    notes = [
        Played(bar * score.bar, score.bar, pitch) for bar in range(len(score.chords)) for pitch in _chord(score, bar)
    ]
    return sound, notes, rng.uniform(3, 8)


def _organ(score: Score, rng: np.random.Generator) -> Part:
    """An organ: chords on the beats, or between them, short or held."""
    sound = held(rng.uniform(1.3, 2.2), 0.01, rng.uniform(0.1, 0.6))
    off, length = float(rng.choice([0, 0, 0.5])), rng.uniform(0.3, 0.95)
    notes = [
        Played((bar * score.beats + beat + off) * score.beat, length * score.beat, pitch)
        for bar in range(len(score.chords))
        for beat in range(score.beats)
        for pitch in _chord(score, bar)
    ]
    return sound, notes, 0.0


def _arpeggio(score: Score, rng: np.random.Generator) -> Part:
    """A plucked string: the tones of the chord one by one, in halves of a beat."""
    sound = plucked(rng.uniform(0.6, 1.3), rng.uniform(1.0, 2.5), rng.uniform(0.2, 0.5))
    steps = 2 * score.beats
    order = rng.integers(0, 4, steps)
    notes = []
    for bar in range(len(score.chords)):
        tones = _chord(score, bar)
        tones = [*tones, tones[0] + 12, tones[1] + 12]
        gains = 10 ** (rng.uniform(-4, 0, steps) / 20)
        notes += [
            Played(bar * score.bar + step * score.beat / 2, 1.2, tones[order[step]], gains[step])
            for step in range(steps)
        ]
    return sound, notes, 0.0


def _strum(score: Score, rng: np.random.Generator) -> Part:
    """A guitar: chords in a rhythm that stays, string after string."""
    sound = plucked(rng.uniform(0.4, 1.0), rng.uniform(0.8, 2.0), rng.uniform(0.3, 0.6))
    rhythm = np.flatnonzero(np.append(True, rng.uniform(size=2 * score.beats - 1) < 0.55))
    late = rng.uniform(0.008, 0.02)
    notes = [
        Played(bar * score.bar + step * score.beat / 2 + late * string, 0.8, pitch, 1.0 if step % 2 == 0 else 0.7)
        for bar in range(len(score.chords))
        for step in rhythm
        for string, pitch in enumerate([*_chord(score, bar), _chord(score, bar)[0] + 12])
    ]
    return sound, notes, float(rng.choice([0, 2]))


def _piano(score: Score, rng: np.random.Generator) -> Part:
    """A piano: chords on the first beat and on some others."""
    sound = plucked(rng.uniform(1.2, 2.0), rng.uniform(2.0, 4.0), rng.uniform(0.05, 0.25))
    beats = np.flatnonzero(np.append(True, rng.uniform(size=score.beats - 1) < 0.5))
    notes = [
        Played(bar * score.bar + beat * score.beat, 1.6, pitch, 10 ** (rng.uniform(-3, 0) / 20))
        for bar in range(len(score.chords))
        for beat in beats
        for pitch in _chord(score, bar)
    ]
    return sound, notes, 0.0


_PARTS = (_pad, _organ, _arpeggio, _strum, _piano)


def _answers(score: Score, rng: np.random.Generator) -> Part:
    """A solo instrument that answers where the voice pauses: tones of the chord in halves of a beat."""
    sound = held(rng.uniform(0.8, 1.5), 0.02, rng.uniform(0.2, 1.0))
    pauses = [(0.0, score.phrases[0][0].start)]
    pauses += [(before[-1].end, after[0].start) for before, after in zip(score.phrases, score.phrases[1:])]
    pauses += [(score.phrases[-1][-1].end, score.seconds)]
    notes = []
    for begin, end in pauses:
        for step in range(int(np.ceil(begin / score.beat * 2)), int(end / score.beat * 2)):
            tones = _octave(score, int(step // (2 * score.beats)), _LOWEST["lead"])
            if rng.uniform() < 0.7:
                pitch = tones[int(rng.integers(len(tones)))]
                notes.append(Played(step * score.beat / 2, 0.9 * score.beat / 2, pitch, rng.uniform(0.6, 1)))
    return sound, notes, 0.0


def _bass_sound(rng: np.random.Generator) -> Sound:
    if rng.uniform() < 0.5:
        return held(rng.uniform(1.2, 2.5), 0.008, rng.uniform(0.2, 1.0))
    return plucked(rng.uniform(1.0, 2.0), rng.uniform(1.5, 4.0), rng.uniform(0.2, 0.6))


def _bass_notes(score: Score, rng: np.random.Generator) -> Iterator[Played]:
    pattern = _BASSES[int(rng.integers(len(_BASSES)))][: 2 * score.beats]
    places = [place for place, mark in enumerate(pattern) if mark != "."]
    ends = [*places[1:], 2 * score.beats]
    for bar in range(len(score.chords)):
        chord = score.chords[bar]
        root = _above(score.tonic + chord[0], _LOWEST["bass"])
        for place, end in zip(places, ends):
            pitch = root if pattern[place] == "1" else root + (chord[2] - chord[0])
            yield Played(bar * score.bar + place * score.beat / 2, 0.92 * (end - place) * score.beat / 2, pitch,
                         10 ** (rng.uniform(-2, 0) / 20))  # fmt: skip


def _chord(score: Score, bar: int) -> list[int]:
    return _octave(score, bar, _LOWEST["chords"])


def _octave(score: Score, bar: int, lowest: int) -> list[int]:
    """Return the pitches of a bar's chord within the octave above ``lowest``, rising."""
    chord = score.chords[min(bar, len(score.chords) - 1)]
    return sorted(_above(score.tonic + tone, lowest) for tone in chord)


def _above(pitch: int, lowest: int) -> int:
    return lowest + (pitch - lowest) % 12
