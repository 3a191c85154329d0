"""Correlations of melody and rhythm: against SciPy's, and of signals whose rhythm is known."""

import numpy as np
import pytest
from scipy.stats import pearsonr

from audiolab.metrics.prosody import f0_correlation, rhythm, rhythm_correlation

RATE = 16000


def test_f0_is_correlated_in_logarithms_where_both_are_voiced():
    generator = np.random.default_rng(0)
    source, other = np.exp(generator.normal(5, 0.2, (2, 200)))
    source[:50], other[40:90] = 0, 0
    both = (source > 0) & (other > 0)
    expected = pearsonr(np.log(source[both]), np.log(other[both])).statistic
    assert f0_correlation(source, other) == pytest.approx(expected)
    assert f0_correlation(source, 1.7 * source) == pytest.approx(1)


@pytest.mark.parametrize("other", [np.zeros(9), np.r_[np.zeros(7), 100, 120], np.full(9, 100.0)])
def test_without_a_melody_there_is_no_correlation(other):
    assert np.isnan(f0_correlation(np.linspace(100, 200, 9), other))


def bursts(hz, carrier=1000.0, late=0.0, seconds=2.0):
    """Return a tone whose loudness swings so many times a second."""
    times = np.arange(round(seconds * RATE)) / RATE
    return (1 + np.cos(2 * np.pi * hz * (times - late))) * np.sin(2 * np.pi * carrier * times)


def test_the_envelope_is_that_of_the_loudness():
    """Of a tone within the band: without delay, and whatever the carrier."""
    times = np.arange(400) * 0.005
    inside = slice(40, -40)
    loud = 1 + np.cos(2 * np.pi * 4 * times)
    for carrier in (900.0, 1100.0):
        found = rhythm(bursts(4, carrier), RATE, 5.0, 400)
        assert pearsonr(found[inside], loud[inside]).statistic > 0.999
    found = rhythm(bursts(4), RATE, 5.0, 400)
    assert rhythm_correlation(found, rhythm(0.1 * bursts(4), RATE, 5.0, 400)) == pytest.approx(1)
    assert rhythm_correlation(found[inside], rhythm(bursts(4, late=0.125), RATE, 5.0, 400)[inside]) < -0.99
    assert abs(rhythm_correlation(found, rhythm(bursts(6), RATE, 5.0, 400))) < 0.3


def test_what_is_fast_or_outside_of_the_band_is_no_rhythm():
    swing = [np.ptp(rhythm(bursts(hz, carrier), RATE, 5.0, 400)[40:-40]) for hz, carrier in ((4, 1000), (40, 1000))]
    assert swing[1] < 0.01 * swing[0]
    assert np.ptp(rhythm(bursts(4, 5000.0), RATE, 5.0, 400)[40:-40]) < 0.2 * swing[0]


def test_frames_may_reach_beyond_the_signal():
    assert rhythm(bursts(4, seconds=0.01), RATE, 5.0, 4).shape == (4,)
    assert np.isnan(rhythm_correlation(np.ones(9), np.arange(9.0)))
