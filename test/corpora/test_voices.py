"""Voices of mini corpora: that they are well apart, in what is set and in what is heard."""

import itertools

import numpy as np
import pyworld

from audiolab.corpora.readers import RATE, gender_of, read_aloud
from audiolab.corpora.voices import PITCHES, TRACTS, make_voice
from audiolab.text.sentences import sentences_in


def voices(count):
    return [make_voice(f"v{number}", "en-us", number, np.random.default_rng(number)) for number in range(count)]


def test_no_two_are_near_in_pitch_tract_and_variant():
    made = voices(24)
    assert len({voice.voice for voice in made}) == 24
    for number, voice in enumerate(made):
        low, high = PITCHES[gender_of(number)]
        assert low <= voice.pitch <= high
        assert TRACTS[0] <= voice.tract <= TRACTS[1]
    for first, second in itertools.combinations(made[::2], 2):
        pitch = (first.pitch - second.pitch) / (PITCHES["f"][1] - PITCHES["f"][0])
        tract = (first.tract - second.tract) / (TRACTS[1] - TRACTS[0])
        assert np.hypot(pitch, tract) > 0.08, (first, second)


def test_they_fill_the_ranges():
    tracts, pitches = np.array([(voice.tract, voice.pitch) for voice in voices(40)[1::2]]).T
    assert max(np.histogram(tracts, 4, TRACTS)[0]) <= 7
    assert min(np.histogram(pitches, 4, PITCHES["m"])[0]) >= 3


def test_they_are_at_the_pitch_of_people():
    """Median F0 of a woman's and a man's voice are those of people."""
    f0 = {}
    for number in (2, 7):
        voice = make_voice("v", "en-us", number, np.random.default_rng(0))
        (wave,) = read_aloud(voice, sentences_in("en")[:1], 0)
        found = pyworld.dio(wave, RATE)[0]
        f0[gender_of(number)] = np.median(found[found > 0])
    assert 60 < f0["m"] < 150 < f0["f"] < 350
