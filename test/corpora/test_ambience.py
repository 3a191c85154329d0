"""Synthetic places with people: babble that moves and sounds as speech does, two channels that differ."""

import numpy as np
import pytest
import scipy.signal

from audiolab.corpora.ambience import PLACES, make_ambience
from audiolab.corpora.readers import make_reader, read_aloud
from audiolab.text.sentences import sentences_in

RATE, SAMPLES = 16000, 8 * 16000


@pytest.fixture(scope="module")
def crowd():
    rng = np.random.default_rng(0)
    return [read_aloud(make_reader(f"t{n}", "en", n, rng), sentences_in("en")[3 * n : 3 * n + 3], 0) for n in range(5)]


@pytest.fixture(scope="module")
def places(crowd):
    return {
        kind: [make_ambience(kind, crowd, np.random.default_rng([s, 7]), SAMPLES, RATE, -30) for s in range(3)]
        for kind in PLACES
    }


def third_octaves(wave):
    """Long-term spectrum in dB, mean 0, 200 Hz to 6 kHz."""
    frequency, power = scipy.signal.welch(wave, RATE, nperseg=1024)
    centres = 200 * 2 ** (np.arange(15) / 3)
    levels = [power[(frequency >= at / 2 ** (1 / 6)) & (frequency < at * 2 ** (1 / 6))].mean() for at in centres]
    return 10 * np.log10(levels) - np.mean(10 * np.log10(levels))


def low_share(wave):
    """Share of the power that lies below 90 Hz, where nobody speaks."""
    frequency, power = scipy.signal.welch(wave, RATE, nperseg=2048)
    return power[frequency < 90].sum() / power.sum()


def modulation(wave):
    """Power of the envelope of 300 to 3000 Hz at 2 to 8 Hz, relative to its mean's."""
    band = scipy.signal.sosfilt(scipy.signal.butter(4, [300, 3000], "band", fs=RATE, output="sos"), wave)
    envelope = scipy.signal.resample_poly(np.abs(scipy.signal.hilbert(band)), 1, 160)
    frequency, power = scipy.signal.welch(envelope / envelope.mean(), 100, nperseg=256)
    return power[(frequency >= 2) & (frequency <= 8)].sum() * (frequency[1] - frequency[0])


def test_babble_is_like_speech(places, crowd):
    """Its spectrum is that of speech, and its syllables are heard, though less than those of a single voice."""
    speech = np.concatenate([wave for talker in crowd for wave in talker])
    steady = np.random.default_rng(0).standard_normal(SAMPLES)
    for wave in places["babble"]:
        assert np.abs(third_octaves(wave[:, 0]) - third_octaves(speech)).mean() < 3
        assert 5 * modulation(steady) < modulation(wave[:, 0]) < modulation(speech)


def test_places_differ(places):
    spectra = {kind: np.mean([third_octaves(wave[:, 0]) for wave in waves], axis=0) for kind, waves in places.items()}
    rumble = {kind: np.mean([low_share(wave[:, 0]) for wave in waves]) for kind, waves in places.items()}
    assert rumble["street"] > 3 * max(rumble["babble"], rumble["cafe"])
    assert (spectra["cafe"][-3:] - spectra["babble"][-3:]).mean() > 3  # dishes and steam
    movement = {kind: np.mean([modulation(wave[:, 0]) for wave in waves]) for kind, waves in places.items()}
    assert movement["babble"] > 2 * movement["street"]


def test_levels_and_channels(places):
    for waves in places.values():
        for wave in waves:
            assert wave.shape == (SAMPLES, 2)
            assert np.abs(wave).max() <= 0.9 + 1e-9
            assert 10 * np.log10(np.mean(wave**2)) == pytest.approx(-30, abs=0.01)
            assert np.corrcoef(wave.T)[0, 1] < 0.9
            difference = np.diff(10 * np.log10(np.mean(wave**2, axis=0)))[0]
            assert abs(difference) < 6


def test_the_level_changes_slowly(places):
    for wave in places["street"]:
        levels = 10 * np.log10(np.mean(wave[:, 0].reshape(-1, RATE // 2) ** 2, axis=1))
        assert levels.max() - levels.min() > 1.5


def test_same_generator_same_place(crowd):
    for kind in PLACES:
        first, again, other = (
            make_ambience(kind, crowd, np.random.default_rng(s), 40000, RATE, -30) for s in (5, 5, 6)
        )
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)
