"""The course of a singer's pitch: notes, the way from one to the next, vibrato, and what no voice holds exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.ndimage

from audiolab.corpora.songs.score import Note
from audiolab.corpora.songs.singer import Singer

_DRIFT = 4.0
"""Standard deviation of the slow wandering of the pitch, cents."""

_DRIFT_SECONDS = 0.15

_VIBRATO_AFTER = (0.2, 0.5)
"""A note's vibrato begins so late after its start, and is whole so late, s."""

_SCOOP = 120.0
"""How far below its note the voice may begin a phrase, cents."""

_SCOOP_SECONDS = 0.03


def octave_for(pitches: Sequence[int], centre: float) -> int:
    """Return the semitones, whole octaves, by which a melody moves into a singer's range."""
    return 12 * round((centre - float(np.mean(pitches))) / 12)


def pitch_course(notes: Sequence[Note], times: np.ndarray, singer: Singer, rng: np.random.Generator) -> np.ndarray:
    """Return the pitch of a phrase at ``times``, in semitones as MIDI note numbers, float64 [T].

    Args:
        notes: Of the phrase, in the singer's octave; before and behind them their ends go on.
        times: Evenly spaced, s.
        singer: Whose glide, vibrato and errors these are.
        rng: Draws what differs from note to note.
    """
    step = times[1] - times[0]
    starts = np.array([note.start for note in notes])
    errors = rng.normal(0, singer.tuning / 100, len(notes))
    depths = singer.vibrato_depth / 100 * rng.uniform(0.6, 1.2, len(notes))
    which = np.clip(np.searchsorted(starts, times, side="right") - 1, 0, len(notes) - 1)
    held = (np.array([note.pitch for note in notes]) + errors)[which]
    width = max(3, round(singer.glide / step))
    window = np.hanning(width + 2)
    course = scipy.ndimage.convolve1d(held, window / window.sum(), mode="nearest")
    since = times - starts[which]
    swell = np.interp(since, _VIBRATO_AFTER, (0.0, 1.0))
    phase = 2 * np.pi * (singer.vibrato_rate * times + rng.uniform())
    drift = scipy.ndimage.gaussian_filter1d(rng.standard_normal(len(times)), _DRIFT_SECONDS / step)
    drift *= _DRIFT / 100 / np.std(drift)
    scoop = rng.uniform(0, _SCOOP / 100) * np.exp(-np.maximum(times - starts[0], 0) / _SCOOP_SECONDS)
    return course + depths[which] * swell * np.sin(phase) + drift - scoop
